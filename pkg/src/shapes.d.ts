// The JSON of the core, as its own types have it. Written by `cargo xtask schema`, and not by hand.

/**
 * What the loader obeys. It stands in the page as JSON; members at their default are left out.
 *
 * ```json
 * {"v":2,"base":"/.consentry/","policy":"…","notice":"…","locale":"en","regime":"opt-in","material":"…",
 *  "purposes":["analytics"],"ask":true,"gpc":1,
 *  "services":[{"id":"metrics","purpose":0,"hosts":["metrics.example"]}],"days":181,"refusal_days":181,
 *  "grant":"recorded","cookie":"consentry","more":"","sdk":"","dialogs":"","seen":0}
 * ```
 */
export interface Plan {
  /** The version of this format: 2. */
  v: 2;
  /** The path of the site's privacy routes. */
  base: string;
  /** The policy it was compiled from. */
  policy: string;
  /** The notice shown with it. */
  notice: string;
  /** The language of that notice. */
  locale: string;
  /** The rules that hold. */
  regime: RegimeId;
  /** The fingerprint of what people decide about, which the decision cookie names. */
  material: string;
  /** The purposes a person may refuse; their order is the bit order of the decision cookie. */
  purposes: string[];
  /** The services of those purposes; their order is the bit order of the cookie's services. */
  services: Service[];
  /**
   * For how many days a grant holds: the fewest that the policy's period can be, so that a page never keeps a choice
   * the server holds to be expired.
   */
  days: number;
  /** For how many days a refusal is respected before people may be asked again. */
  refusal_days: number;
  /** When a grant takes effect. */
  grant: Grants;
  /** The name of the decision cookie. */
  cookie: string;
  /** Where the loader's second stage is; whoever serves the page fills it in. */
  more: string;
  /** Where the SDK is loaded from; whoever serves the page fills it in. */
  sdk: string;
  /** Where the dialogs are when the page does not have them; whoever serves the page fills it in. */
  dialogs: string;
  /** How many decisions of this device the page was made with; whoever serves the page fills it in. */
  seen: number;
  /** How old the visitor is taken to be. */
  age?: Age;
  /** Whether the first layer is shown while nothing was decided. */
  ask?: boolean;
  /** The purposes that Global Privacy Control turns off, as bits; 0 where it is not honoured. */
  gpc?: number;
  /** The earlier tools whose decision is taken over, each with the name of its cookie or storage key. */
  migrate?: Record<string, string>;
  /** The purposes that are permitted while nothing was decided about them, as bits. */
  on?: number;
  /** What vendors are told, and what the browser says. */
  signals?: Signals;
  /** What earlier fingerprints mean now. */
  was?: Record<string, Moved>;
}

/** A set of rules. */
export type RegimeId =
  /** Nothing optional before consent (ePrivacy Directive Article 5(3) with GDPR Article 4(11)). */
  | "opt-in"
  /**
   * The same, but for statistics and appearance, which run unless the person objects (UK: PECR regulation 6 and
   * schedule A1, as the Data (Use and Access) Act 2025 put it in, from 5 February 2026).
   */
  | "uk"
  /**
   * Data is used unless the person opts out; sensitive data, and the sale of data of people under sixteen, only after
   * consent (US states; California: Civil Code 1798.120, 1798.121, 1798.135).
   */
  | "us"
  /** People are told, and may turn things off. */
  | "notice-only";

/** A service as the loader knows it. */
export interface Service {
  /** Its id. */
  id: string;
  /** Its purpose, as an index into the plan's purposes. */
  purpose: number;
  /** Its hosts. */
  hosts: string[];
  /** The names of its cookies, for clearing them on withdrawal; one `*` may end a name. */
  cookies?: string[];
  /** Whether the page has to be loaded anew to stop it. */
  reload?: boolean;
  /** Its keys of local and session storage, written like `cookies`. */
  storage?: string[];
}

/** When a grant takes effect. A refusal always does at once. */
export type Grants =
  /** Once the record of it is stored, so that nothing ever ran without proof. */
  | "recorded"
  /** With the click, while the record is on its way. */
  | "immediate";

/** How old a visitor is, as far as the rules turn on it. */
export type Age =
  /** Not known; the policy's audience decides. */
  | "unknown"
  /** Under sixteen. */
  | "under-16";

/** What vendors are told. Numbers are indices into the plan's purposes. */
export interface Signals {
  /** Microsoft Clarity: the purposes that grant `ad_Storage` and `analytics_Storage`. */
  clarity?: Record<string, number>;
  /** Whether Do Not Track counts like Global Privacy Control. */
  dnt?: boolean;
  /** Google Consent Mode. */
  google?: GoogleSignals;
  /** Microsoft UET: the purpose that grants `ad_storage`. */
  uet?: number;
}

/** Google Consent Mode as the loader knows it. */
export interface GoogleSignals {
  /** Which purpose grants each type; a type that is missing here and in `granted` is always denied. */
  types: Record<string, number>;
  /** `wait_for_update`, in milliseconds. */
  wait: number;
  /** Whether Google's tags run before a choice. */
  advanced?: boolean;
  /** Types that serve essential purposes, always granted. */
  granted?: string[];
  /** `url_passthrough`. */
  passthrough?: boolean;
  /** `ads_data_redaction`. */
  redact?: boolean;
}

/**
 * Where the bits of an earlier policy's decisions are now: the place; its bitwise complement, which is negative, where
 * a grant has lapsed because the purpose changed materially and a refusal stands; `null` where there is none.
 */
export interface Moved {
  /** Purposes. */
  p: (number | null)[];
  /** Services. */
  s: (number | null)[];
}

/** Both dialogs and the reopen control, for a page that has them not. */
export interface Dialogs {
  /** Their markup. */
  html: string;
  /** The address of their stylesheet. */
  css: string;
  /** The plan they belong to. */
  plan: Plan;
  /** The stylesheet itself, for a page that is to wait for no other file. */
  style?: string;
  /** The phrases that a page's own dialogs carry as `data-*`, where the markup does not. */
  words?: Record<string, string>;
}

/** The answer to a decision. */
export interface Reply {
  /**
   * The decision; `null` where there was nothing to record: where data is used until an objection, and nobody objected.
   */
  decision: Decision | null;
  /** The receipt; a repetition of a refusal by nobody known has none. */
  receipt: Receipt | null;
  /** False if the decision applies and its recording is still under way. */
  recorded: boolean;
  /** The decision cookie as a header has it, for another origin's page to write. */
  cookie?: string;
}

/** A decision as the edge recorded it. */
export interface Decision {
  /** The policy it answers. */
  policy: string;
  /** How many decisions of this device there are by now; 0 for a refusal by nobody known. */
  seq: number;
  /** The purposes that consent is given for. */
  given: string[];
  /** The purposes that were refused, withdrawn or objected to. */
  refused: string[];
  /** The services that are given alone where their purpose is refused, or objected to where it is undecided. */
  services: string[];
  /** When it lapses. */
  until: string;
}

/** A signed consent record with the proof that it is in the site's log. Keep it whole: every byte counts. */
export interface Receipt {
  /** The format, `consentry/receipt/1`. */
  schema: string;
  /** What was decided. */
  record: ConsentRecord;
  /** The site's signature over the record. */
  signature: Signature;
  /** The proof that the decision is in the log. */
  evidence: Evidence;
}

/**
 * A consent record: what was decided. Hashed and signed in its canonical form. Times are RFC 3339, hashes URL-safe
 * base64.
 */
export interface ConsentRecord {
  /** The format, `consentry/record/1`. */
  schema_version: string;
  /** The event this record is of. */
  record_id: string;
  /** When, by the server's clock. */
  event_time: string;
  /** When what was given lapses, or a refusal may be asked about again. */
  valid_until: string;
  /** What the person was shown. */
  privacy_notice: Notice;
  /** Where in the interface the decision was made. */
  collection_method: string;
  /** What it means for each purpose. */
  purposes: PurposeRecord[];
  /** Which rules held, and why. */
  rules: Rules;
  /** Who is responsible. */
  pii_controllers: Controller[];
  /** How to withdraw, as easily as it was given. */
  withdrawal_method: string;
  /** How long proof of the decision is kept, as an ISO 8601 period. */
  retention_period: string;
  /** The earlier tool's record this was taken over from; absent where the decision was made here. */
  import?: Import;
  /** A random name of the person towards the log, destroyed on erasure; absent where nobody is known. */
  pii_principal_id?: string;
  /** Whose decision number this is for that person; absent where nobody is known. */
  sequence?: number;
  /** What it means for single services, as far as that is something else than for their purpose. */
  services?: ServiceRecord[];
}

/** What the person was shown. */
export interface Notice {
  /** Where the site's privacy notice is. */
  url: string;
  /** The hash of the words shown. */
  hash: string;
  /** Their language. */
  language: string;
  /** The policy behind them. */
  policy: string;
  /** How that policy stood at the time. */
  policy_standing: Standing;
}

/** How the policy a decision answers stands. */
export type Standing =
  /** It is in force. */
  | "in-force"
  /** It was until a moment ago; pages that showed it may still be open. */
  | "grace"
  /** It is unknown, or too old. */
  | "unknown";

/** What the decision means for one purpose. */
export interface PurposeRecord {
  /** The purpose. */
  purpose: string;
  /** Given, refused, withdrawn or objected. */
  status: Outcome;
  /** Who receives data for it. */
  recipients: Recipient[];
}

/** What a decision means for one purpose. */
export type Outcome =
  /** Consent given. */
  | "given"
  /** Consent refused. */
  | "refused"
  /** Consent that stood until now withdrawn. */
  | "withdrawn"
  /** The use of data that needs no consent here objected to. */
  | "objected";

/** A recipient of personal data. */
export interface Recipient {
  /** Its name. */
  name: string;
  /** Its country, ISO 3166-1 alpha-2. */
  country: string;
}

/** Which rules held for the person, and why. */
export interface Rules {
  /** The set of rules. */
  regime: RegimeId;
  /** Why these rules held. */
  reason: string;
  /** Whether the browser sent a privacy signal that the site honours. */
  privacy_signal: boolean;
  /** Whether the person confirmed to allow again what they had opted out of. */
  confirmed?: boolean;
  /** The region, ISO 3166, as far as it was known. */
  region?: string;
}

/** The controller, as the policy names it. */
export interface Controller {
  /** Its name. */
  name: string;
  /** Its postal address. */
  address: string;
  /** How to reach it. */
  contact: string;
}

/** An earlier tool's record that a decision was taken over from. */
export interface Import {
  /** The tool. */
  from: Source;
  /** Always false: nobody here saw the decision being made. */
  witnessed: boolean;
  /** When its record says the decision was made. */
  decided_at?: string;
}

/** An earlier tool. */
export type Source =
  /** vanilla-cookieconsent: cookie or storage key `cc_cookie`. */
  | "cookieconsent"
  /** Klaro: cookie or storage key `klaro`. */
  | "klaro"
  /** Orejime: cookie `eu-consent`. */
  | "orejime"
  /** c15t: cookie or storage key `c15t`. */
  | "c15t"
  /** Fides: cookie `fides_consent`. */
  | "fides";

/** What the decision means for a single service. */
export interface ServiceRecord {
  /** The service. */
  service: string;
  /** Its purpose. */
  purpose: string;
  /** Given, withdrawn or objected. */
  status: Outcome;
  /** Who receives data for it. */
  recipient: Recipient;
}

/** An Ed25519 signature over `"consentry/receipt/v1" ‖ LF ‖ canonical record`. */
export interface Signature {
  /** The key's id, as `PublicKeys` lists it. */
  key: string;
  /** Always `Ed25519`. */
  algorithm: string;
  /** 64 bytes, in URL-safe base64. */
  value: string;
}

/** The proof that an entry is in the log, and its opening. */
export interface Evidence {
  /** The leaf, exactly as the tree hashed it. */
  leaf: string;
  /** The entry's canonical text, exactly as the leaf commits to it. */
  entry: string;
  /** The commitment's salt: 16 bytes, in URL-safe base64. */
  salt: string;
  /** A c2sp.org/tlog-proof@v1. */
  proof: string;
}

/** The site's public keys, as `/.consentry/keys` gives them. */
export interface PublicKeys {
  /** The log's verifier key lines, active first. */
  log: string[];
  /** The keys that sign receipts, active first. */
  receipt: ReceiptKey[];
}

/** A key that signs receipts. */
export interface ReceiptKey {
  /** Its id. */
  id: string;
  /** Always `Ed25519`. */
  alg: string;
  /** 32 bytes, in URL-safe base64. */
  key: string;
}

/** What verifying a receipt found, leg by leg. */
export interface Verification {
  /** Everything below holds. */
  ok: boolean;
  /** The site signed the record. */
  signature: boolean;
  /** The log commits to the record, and its entry is in the tree of the checkpoint. */
  inclusion: boolean;
  /** The log signed the checkpoint. */
  checkpoint: boolean;
  /** The entry's index in the log. */
  index: number;
  /** The number of entries in the log. */
  size: number;
  /** The log's name. */
  origin: string;
  /** What does not hold, in words. */
  problems: string[];
}

/** Whether the log that is shown now is the one that was shown before, with more after it. */
export interface Consistency {
  /** Whether it is. Null where there was nothing to compare. */
  consistency: boolean | null;
  /** The number of entries it was shown with before. */
  seen: number;
  /** The number of entries it is shown with now. */
  now: number;
  /** Today's checkpoint, as it was signed. */
  checkpoint: string;
  /** Why it is not, or could not be compared, in words. */
  problem: string | null;
}

/** What an erasure did. */
export interface Erasure {
  /** What is gone. */
  erased: Deleted;
  /** What the site has to keep. */
  kept: Kept[];
  /** What else there is to know, in the language of the page. */
  note: string;
  /** The request, while the site's other systems are still to erase: by its id anybody sees how far they are. */
  request?: Request;
}

/** What an erasure took away. */
export interface Deleted {
  /** How many records. */
  records: number;
}

/** Something that outlives an erasure. */
export interface Kept {
  /** What. */
  what: string;
  /** On what ground, as the policy declares it. */
  ground: string;
  /** Until when. */
  until: string;
}

/** A request as the person sees it, and the operator. */
export interface Request {
  /** Its id. */
  id: string;
  /** What was asked for. */
  right: Right;
  /** How far it is. */
  phase: Phase;
  /** The law its terms come from. */
  law: Law;
  /** When it came in. */
  received: string;
  /** The day to aim at: weekends and holidays win nothing. */
  target: string;
  /** The last day on which an answer is in time. */
  latest: string;
  /** Why it takes longer. */
  extended?: Extended;
  /** What has to be proved still, before anything is done. */
  needs?: Proof;
  /** When it was over. */
  over?: string;
  /** Why it was refused. */
  refused?: Refused;
  /** Where else the person may turn, as what they asked for was not done, or not whole. */
  remedies?: Remedy[];
  /** What there is to do. */
  steps?: Record<string, Step>;
}

/** What may be asked for. */
export type Right =
  /** A copy of everything that is held (Article 15). */
  | "access"
  /** That something wrong is put right (Article 16). */
  | "rectification"
  /** That everything is deleted (Article 17). */
  | "erasure"
  /** That data is only stored (Article 18). */
  | "restriction"
  /** What was provided, to take along (Article 20). */
  | "portability"
  /** That a use of data ends (Article 21). */
  | "objection"
  /** That a person looks at a decision a machine made (Article 22(3)). */
  | "human-review"
  /** That every consent is withdrawn (Article 7(3)). */
  | "withdrawal";

/** How far a request is. */
export type Phase =
  /** It has come in. */
  | "received"
  /** The person is asked to show who they are. */
  | "identity-pending"
  /** It will be done. */
  | "accepted"
  /** It is being done. */
  | "in-progress"
  /** Some of it is done, and some cannot be. */
  | "partially-completed"
  /** All of it is done. */
  | "completed"
  /** It will not be done, and the person knows why. */
  | "refused"
  /** The person took it back. */
  | "revoked";

/** The law a term comes from. */
export type Law =
  /** GDPR Article 12(3), counted as Regulation (EEC, Euratom) 1182/71 says. */
  | "gdpr"
  /** UK GDPR Articles 12(3) and 12A: the same, but the clock stands still while the person is asked who they are. */
  | "uk-gdpr"
  /** California: 11 CCR sections 7021 and 7026. */
  | "ccpa";

/** That a request takes longer (Article 12(3)). */
export interface Extended {
  /** Why. */
  reason: string;
  /** When the person was told. */
  at: string;
}

/** How well it is proved who somebody is. More proves all that less does. */
export type Proof =
  /** Not at all. */
  | "none"
  /** By the secret of a device: what was recorded of that device is theirs. */
  | "device"
  /** By a code sent to an address that the site knew before. */
  | "contact"
  /** By the site, which the person is logged in to. */
  | "account"
  /** By the site, which asked for the password or the like a moment ago. */
  | "recent";

/** That a request was refused (Article 12(4)). */
export interface Refused {
  /** On what ground. */
  ground: Ground;
  /** The reasons. */
  reason: string;
}

/** Why a request is refused: said with the reasons, and remembered with the answer. Each fits some rights alone. */
export type Ground =
  /** It could not be established who asks (Articles 11(2) and 12(2)). */
  | "unidentified"
  /** It is manifestly unfounded (Article 12(5)(b)). */
  | "unfounded"
  /** It is excessive (Article 12(5)(b)). */
  | "excessive"
  /**
   * What is held is accurate (Article 16), or more likely so than not (California: Civil Code 1798.106, 11 CCR section
   * 7023(b)).
   */
  | "accurate"
  /** The law demands that the data is kept (Article 17(3)(b)). */
  | "legal-obligation"
  /** The data is needed for legal claims (Articles 17(3)(e) and 21(1)). */
  | "legal-claims"
  /** Freedom of expression and information (Article 17(3)(a)). */
  | "freedom-of-expression"
  /** The data is needed for public health (Article 17(3)(c)). */
  | "public-health"
  /**
   * The data is needed for archiving in the public interest, for research or statistics (Articles 17(3)(d) and 21(6)).
   */
  | "archiving"
  /** It would harm the rights of others (Articles 15(4) and 20(4)). */
  | "rights-of-others"
  /** There are compelling grounds that outweigh an objection (Article 21(1)). */
  | "compelling-grounds"
  /** The right does not apply to this data, as portability does not to what was derived (Article 20(1)). */
  | "not-applicable";

/** Where a person may turn to whose request was refused. They are told with the reasons (GDPR Article 12(4)). */
export type Remedy =
  /**
   * A complaint to a supervisory authority (GDPR Article 77; in California the Privacy Protection Agency, Civil Code
   * 1798.199.45).
   */
  | "supervisory-authority"
  /** A court (GDPR Article 79). */
  | "court";

/** A step of a request. */
export interface Step {
  /** How it stands. */
  state: Step2;
  /** What there is to say about it. */
  note?: string;
}

/** How one step ended. */
export type Step2 =
  /** It is still to be done. */
  | "open"
  /** It is done. */
  | "done"
  /** It cannot be done; the site has to see to it by hand. */
  | "failed";

/** A restriction that holds. */
export interface Restriction {
  /** The request it follows from. */
  request: string;
  /** Why it was asked for. */
  ground: RestrictionGround;
  /** Since when it holds. */
  since: string;
  /** When and why it will be lifted, once the person was informed of that. */
  lifting?: Lifting;
}

/** Why data is to be stored only (Article 18(1)). */
export type RestrictionGround =
  /** (a): the person says that it is wrong; for as long as that is looked into. */
  | "accuracy"
  /** (b): it is processed unlawfully, and the person does not want it erased. */
  | "unlawful"
  /** (c): the site needs it no longer, the person does, for legal claims. */
  | "claims"
  /** (d): the person objected; until it is known whose grounds weigh more. */
  | "objection";

/** How a restriction will end. */
export interface Lifting {
  /** Why. */
  reason: string;
  /** When. */
  at: string;
}
