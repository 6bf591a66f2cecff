/** What is bound to the Worker that calls these functions: see `edge/wrangler.jsonc` for what each is. */
export interface Env {
  /** A KV namespace of its own. */
  RETENTION: object;
  /** The objects of the class `Subject`. */
  SUBJECT: object;
  /** The objects of the class `AuditLog`. */
  AUDIT_LOG: object;
  /** The objects of the class `Registry`. */
  REGISTRY: object;
  /** The site's name. It must never change. */
  SITE_ID: string;
  /** The secrets, as `consentry keys` makes them. */
  SUBJECT_KEY?: string;
  KEYRING?: string;
  SIGNING_KEY?: string;
  ADMIN_TOKEN?: string;
  /** The public keys of tokens about accounts: a JWK Set, as JSON text. */
  ACCOUNT_KEYS?: string;
  /** The keys of the site's backend by their hashes, as `consentry keys api` makes them, as JSON text. */
  API_KEYS?: string;
  /** This business and the agents that may ask in people's names, as the Data Rights Protocol has them. */
  DRP_BUSINESS?: string;
  DRP_AGENTS?: string;
  /** `on` has tokens made for payment cards; numbers then pass through the Worker. */
  CARD_TOKENS?: string;
  /** The policy document, as JSON text, unless it was put into force by the API. */
  POLICY?: string;
  /** The site behind, for `serve` alone. */
  ORIGIN?: string;
}

/** As much of the platform's context as is used here. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Answers every request: the privacy routes, and all else with the site behind.
 * None of these functions rejects: what breaks is answered with a problem.
 */
export function serve(request: Request, env: Env, context: Context): Promise<Response>;

/**
 * Answers `/.consentry/…` and `/.well-known/gpc.json`. For any other address there is nothing, and the request is
 * untouched: it is the caller's own to answer.
 */
export function privacy(request: Request, env: Env, context: Context): Promise<Response | undefined>;

/**
 * Makes an answer of the caller's own what its visitor may have, as if a site behind had given it: stopped cookies are
 * left out, and a page gets the banner while what is not permitted in it is held. Other bodies pass as they are.
 *
 * The body is taken over, so it must be unread; and it must not have been compressed by hand (`encodeBody: "manual"`).
 * To be called once for each answer, and not for those of `serve` and `privacy`.
 */
export function finish(request: Request, response: Response, env: Env, context: Context): Promise<Response>;

/** Delivers what is due: to be called minute by minute, by a cron trigger. */
export function scheduled(event: unknown, env: Env, context: unknown): Promise<void>;

declare class Durable {
  constructor(state: object, env: object);
  /** The mark by which the platform's types know the classes of objects. */
  readonly __DURABLE_OBJECT_BRAND: never;
  fetch(request: Request): Promise<Response>;
  alarm(): Promise<void>;
}

/** One a person: their decisions in order. The Worker's own module has to export it. */
export class Subject extends Durable {}
/** One a site: the public log and its private entries. The Worker's own module has to export it. */
export class AuditLog extends Durable {}
/** One a site: the policy in force. The Worker's own module has to export it. */
export class Registry extends Durable {}

declare const worker: { fetch: typeof serve; scheduled: typeof scheduled };
export default worker;
