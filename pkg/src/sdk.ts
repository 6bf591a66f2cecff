import { core, ed25519 } from "./builds.js";
import { held } from "./receipt.js";
import { see, seen } from "./seen.js";
import type {
  Consistency, CopyLink, CopyOptions, Erasure, PublicKeys, Receipt, RequestReply, Restriction, RightAnswer, RightRequest, Token,
  Verification,
} from "./types.js";

export type * from "./types.js";

/** Where the edge answers, and how it is asked. A page's plan will do. */
export interface Edge {
  base: string;
  /** Sends a request as this device; `makes` one if it is none yet. */
  fetch?: ((url: string, init: RequestInit, makes?: boolean) => Promise<Response>) | undefined;
}

const HERE: Edge = { base: "/.consentry/" };

/** What the edge answers when something cannot be done (RFC 9457), as an error. */
export interface Problem extends Error {
  /** Its kind, by the last part of the address. */
  type?: string;
  /** The request that it is about, as it stands now. */
  request?: RequestReply;
}

const refused = ({ status }: Response, { type, title, detail, request }: Record<string, string>) =>
  Object.assign(Error(detail ?? title ?? "" + status), { type, request });

/** The edge, asked for an account: a token about it goes with each request. */
export function asAccount(token: Token, edge = HERE): Edge {
  const send = edge.fetch ?? ((url, init) => fetch(url, init));
  return {
    base: edge.base,
    async fetch(url, init) {
      const authorization = `Bearer ${await token(url.endsWith("/erasure"))}`;
      return send(url, { ...init, headers: { ...(init.headers as object), authorization } });
    },
  };
}

async function ask<T>({ base, fetch: send }: Edge, path: string, body?: object, makes?: boolean): Promise<T> {
  const init = {
    method: body ? "POST" : "GET",
    headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
    body: body ? JSON.stringify(body) : null,
  };
  const response = await (send ? send(base + path, init, makes) : fetch(base + path, init));
  const answer = await response.json();
  if (!response.ok) throw refused(response, answer);
  return answer as T;
}

/**
 * Checks a receipt, by default the one this browser holds, against the keys and the log of the site; and whether the log is
 * still the one that the receipt is in, and that this browser saw last.
 */
export async function verify(receipt?: Receipt | null, edge = HERE): Promise<Verification> {
  const own = held();
  const [found, keys, { verifyReceipt }] = await Promise.all([
    receipt ?? own ?? ask<Receipt>(edge, "consent/receipt"),
    ask<PublicKeys>({ base: edge.base }, "keys"),
    core(),
  ]);
  const verified = await verifyReceipt(found, keys, ed25519);
  const first = verified.checkpoint ? found.evidence.proof.slice(found.evidence.proof.indexOf("\n\n") + 2) : "";
  const before = own && seen();
  // A checkpoint of another log is one of an earlier time of this site, or of another one that was here.
  const last = before && logOf(before[0]) === verified.origin ? before : null;
  // What a receipt brought is compared once more only where it is a new one: it may be of a tree that nobody else was shown.
  const notes = [...new Set(last?.[1] === first ? [last[0]] : [last?.[0] ?? "", first])].filter(Boolean);
  const { log, evidence } = await compared(notes, keys, edge);
  const { consistency, seen: then, now, problem } = log;
  if (own && consistency) see([log.checkpoint, first]);
  const ok = verified.ok && consistency !== false;
  const problems = problem && consistency === false ? [...verified.problems, problem] : verified.problems;
  return { ...verified, ok, problems, consistency, seen: then, now, uncompared: consistency === null ? problem : null, evidence };
}

const logOf = (note: string) => note.slice(0, note.indexOf("\n"));

/** Compares checkpoints with what the log shows now. The first that does not hold, or cannot be compared, decides. */
async function compared(notes: string[], keys: PublicKeys, edge: Edge): Promise<{ log: Consistency; evidence: Verification["evidence"] }> {
  let log: Consistency = { consistency: null, seen: 0, now: 0, checkpoint: "", problem: "no checkpoint was seen before" };
  for (const note of notes) {
    log = await verifyConsistency(note, edge, keys);
    if (log.consistency === false) return { log, evidence: { seen: note, now: log.checkpoint } };
    if (log.consistency === null) break;
  }
  return { log, evidence: null };
}

/** Checks that the site's log is the one that a checkpoint, a signed note, was once shown of, with more after it. */
export async function verifyConsistency(seen: string, edge = HERE, keys?: PublicKeys): Promise<Consistency> {
  const size = seen.split("\n", 2)[1]!;
  const nothing = (problem: string): Consistency => ({ consistency: null, seen: Number(size) || 0, now: 0, checkpoint: "", problem });
  if (!/^\d+$/.test(size)) return nothing("this is no checkpoint");
  const { verifyConsistency: check } = await core();
  let proof: string;
  try {
    const response = await fetch(`${edge.base}log/consistency/${size}`);
    if (!response.ok) return nothing(`the log answered ${response.status}`);
    proof = await response.text();
  } catch (problem) {
    return nothing(String(problem));
  }
  return check(seen, proof, keys ?? (await ask<PublicKeys>({ base: edge.base }, "keys")), ed25519);
}

/** Has everything the site keeps about this device put together, and gives the address of the ZIP: good for once. */
export async function requestExport(edge = HERE, right: "access" | "portability" = "access"): Promise<string> {
  return (await requestCopy(edge, right)).download;
}

/** The same, with how long the address is good and about how large the copy is. */
export function requestCopy(edge = HERE, right: "access" | "portability" = "access"): Promise<CopyLink> {
  return ask<CopyLink>(edge, "me/exports", { right }, true);
}

/**
 * Fetches a copy, which uses its address up. With a passphrase it is encrypted (AES-256 in a ZIP); `progress` hears how many
 * bytes have come.
 */
export async function fetchCopy(link: CopyLink, { passphrase, progress }: CopyOptions = {}): Promise<Blob> {
  const init = passphrase
    ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ passphrase }) }
    : {};
  const response = await fetch(link.download, init);
  if (!response.ok) throw refused(response, await response.json());
  let done = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, out) {
      progress?.((done += piece.length), Math.max(done, link.bytes));
      out.enqueue(piece);
    },
  });
  return new Response(response.body!.pipeThrough(counted), { headers: { "content-type": "application/zip" } }).blob();
}

/** Asks for something under GDPR Articles 15 to 22 about what the site keeps about this device. */
export function requestRight(request: RightRequest, edge = HERE): Promise<RightAnswer> {
  return ask<RightAnswer>(edge, "me/requests", request, true);
}

/** What was asked for so far, latest first, and the restriction that holds. */
export function requests(edge = HERE): Promise<{ requests: RequestReply[]; restriction: Restriction | null }> {
  return ask(edge, "me/requests");
}

/** The panel in which people use their rights, as HTML in the language of a page. */
export function rightsPanel(locale: string, edge = HERE): Promise<{ html: string; cookie?: string }> {
  return ask(edge, `me?locale=${locale}`);
}

/** Takes back a request that is not begun. */
export async function revokeRequest(id: string, edge = HERE): Promise<void> {
  await ask(edge, `me/requests/${id}/revoke`, {});
}

/** The address of a copy once more, with what the site's other systems have handed over since. It is good for ten minutes. */
export function copyOf(id: string, edge = HERE): Promise<CopyLink> {
  return ask<CopyLink>(edge, `me/requests/${id}/copy`, {});
}

/** Ends the restriction that was asked for. */
export function liftRestriction(edge = HERE): Promise<{ restricted: boolean; cookie?: string }> {
  return ask(edge, "me/restriction/lift", {});
}

/** Links this device to the account that the edge is asked for, or unlinks it. */
export function linkDevice(linked: boolean, edge: Edge): Promise<{ linked: boolean; devices: number }> {
  return ask(edge, "me/devices", { linked });
}

/** Has everything the site keeps about this device erased. */
export function erase(edge = HERE): Promise<Erasure> {
  return ask<Erasure>(edge, "me/erasure", { confirm: true });
}
