// The JSON of the core, as its own types have it. Written by `cargo xtask schema`, and not by hand.

/**
 * What a site declares about the personal data it processes: the single source of its banner, its enforcement and its
 * records.
 */
export interface Policy {
  /** The version of this document's format: 1. */
  version: 1;
  /** The site the policy is for. */
  site: Site;
  /** Who decides why and how data is processed (GDPR Article 4(7), named under Article 13(1)(a)). */
  controller: Controller;
  /** The privacy notice: an `https://` address, or a path on the site (GDPR Articles 12 and 13). */
  privacy_notice: string;
  /** What data is processed for (GDPR Article 5(1)(b)), in the order in which people see it. */
  purposes: Purpose[];
  /** How consent is asked, kept and proved (GDPR Article 7). */
  consent: Consent;
  /** Languages. */
  locales: Locales;
  /** Where an editor finds the JSON Schema. Ignored, and no part of the policy's hash. */
  $schema?: string;
  /**
   * What is decided about people solely by automated means, profiling included (GDPR Article 22(1) and (4)); the copy
   * of a person's data states it (Article 15(1)(h)). An empty list declares that there is no such decision, and the
   * copy says so. Left out, nothing is said.
   */
  automated_decisions?: AutomatedDecision[];
  /** What the Worker in front of the site lets through. */
  edge?: Edge;
  /** Decisions that visitors made with an earlier tool, taken over once. */
  imports?: Import[];
  /** The audit log (GDPR Article 5(2)). */
  log?: Log;
  /** What is kept about people in the retention store, by category. */
  records?: Category[];
  /** Which rules hold where. */
  regions?: Regions;
  /** How people's requests about their data are answered. */
  rights?: Rights;
  /** The vendors and tools that serve the purposes. */
  services?: Service[];
  /** What browsers say on their own, and what vendors are told. */
  signals?: Signals;
  /** How the dialogs look. */
  theme?: Theme;
}

/** The site a policy is for. */
export interface Site {
  /** A short name for machines, such as `fern-clay`. It never changes: a policy for another site is not taken. */
  id: string;
  /** The name people know the site by. */
  name: string;
  /**
   * The domain whose hosts share one decision, such as `example.org`; without it each host has its own. The controller
   * must be the same on all of them.
   */
  cookie_domain?: string;
  /**
   * Further origins, such as `https://blog.example`, whose pages may ask and decide here although another server serves
   * them. The controller must be the same on all of them.
   */
  origins?: string[];
  /** The address of the site's first page. */
  url?: string;
}

/** The controller (GDPR Article 4(7)) and how to reach it (Article 13(1)(a) and (b)). */
export interface Controller {
  /** The legal name. */
  name: string;
  /** The postal address. */
  address: string;
  /** Where people write to about their data. */
  email: string;
  /** The data protection officer, where there is one (GDPR Articles 37 to 39, 13(1)(b)). */
  dpo?: Contact;
  /** The representative in the Union of a controller outside it (GDPR Articles 27 and 13(1)(a)). */
  representative?: Representative;
}

/** How to reach somebody. */
export interface Contact {
  /** The address for mail. */
  email: string;
  /** A person's or an office's name; the contact details alone are enough (GDPR Article 13(1)(b)). */
  name?: string;
}

/** A representative in the Union (GDPR Article 27). */
export interface Representative {
  /** The legal name. */
  name: string;
  /** The postal address. */
  address: string;
  /** The address for mail. */
  email: string;
}

/** A purpose of processing; banners often say "category". */
export interface Purpose {
  /** Its name for machines, such as `analytics`; tags carry it as `data-category`. */
  id: string;
  /**
   * Strictly necessary for a service the person asked for, so that no consent is asked (ePrivacy Directive Article
   * 5(3)). Such a purpose cannot be refused.
   */
  essential: boolean;
  /** The lawful basis (GDPR Article 6(1)), told to people under Article 13(1)(c). */
  basis: LawfulBasis;
  /** Its name for people, in each language. */
  name: Record<string, string>;
  /** What happens and why, in plain words (GDPR Articles 12(1) and 13(1)(c)), in each language. */
  description: Record<string, string>;
  /**
   * The basis in regions whose rules let data be used until the person objects; without it, the same. Only there may it
   * be `legitimate-interests`, and then people are shown a way to object, never a ticked box.
   */
  basis_elsewhere?: LawfulBasis;
  /**
   * What the data is used for, as far as the rules of a region turn on it. Without it the purpose is treated as the
   * kind that is protected most.
   */
  uses?: Use[];
}

/** The lawful bases of GDPR Article 6(1). */
export type LawfulBasis =
  /** Article 6(1)(a): the person agreed. */
  | "consent"
  /** Article 6(1)(b): needed for a contract with the person, or for steps they asked for. */
  | "contract"
  /** Article 6(1)(c): the law demands it. */
  | "legal-obligation"
  /** Article 6(1)(d): to protect someone's life. */
  | "vital-interests"
  /** Article 6(1)(e): a task in the public interest. */
  | "public-task"
  /** Article 6(1)(f): interests that outweigh the person's, to which they may object. */
  | "legitimate-interests";

/** Uses of data that some region has a rule of its own for. */
export type Use =
  /**
   * Statistics about how the site itself is used, to improve it, shared with nobody but those who help with that (UK:
   * PECR, schedule A1, as the Data (Use and Access) Act 2025 put it in).
   */
  | "statistics"
  /** Fitting the site’s look and functions to what the person prefers (UK: PECR, schedule A1). */
  | "appearance"
  /** Selling personal information (California: Civil Code 1798.140(ad)). */
  | "sale"
  /** Sharing it for cross-context behavioural advertising (California: Civil Code 1798.140(ah)). */
  | "sharing"
  /** Advertising chosen by what people did on other sites. */
  | "targeted-advertising"
  /** Profiling for decisions with legal or similarly significant effects. */
  | "profiling"
  /** Sensitive personal information. */
  | "sensitive-data";

/** How consent is asked, kept and proved. */
export interface Consent {
  /** The proof that consent was given (GDPR Article 7(1)). */
  proof: Proof;
  /** When a grant takes effect. */
  grants?: Grants;
  /**
   * How long a choice holds before people are asked again. Six months is the French regulator's good practice (CNIL,
   * decision 2020-092); the GDPR itself gives no number.
   */
  lifetime?: string;
  /**
   * How long a refusal holds; without it, as long as consent. It may be longer, never shorter: asking refusers more
   * often would push them to agree.
   */
  refusal_lifetime?: string;
}

/** The minimal proof that outlives erasure, and why it may (GDPR Articles 7(1) and 17(3)). */
export interface Proof {
  /** How long the proof is kept. */
  retention: string;
  /** Why it may be kept, in words that people are shown, such as "to defend legal claims (GDPR Article 17(3)(e))". */
  ground: string;
}

/** When a grant takes effect. A refusal always does at once. */
export type Grants =
  /** Once the record of it is stored, so that nothing ever ran without proof. */
  | "recorded"
  /** With the click, while the record is on its way. */
  | "immediate";

/** Languages. */
export interface Locales {
  /** The language shown when none of a visitor's languages is complete. Every text must exist in it. */
  default: string;
  /** The site's own interface texts, by locale and key; what is left out is the built-in text. */
  texts?: Record<string, Overrides>;
}

/** Interface texts by key. */
export type Overrides = Partial<
  Record<
    "banner_title" | "banner_text" | "exempt_text" | "privacy_notice" | "reject_all" | "accept_all" | "choose" | "open"
    | "preferences_title" | "preferences_text" | "objection_text" | "buttons_text" | "objection_buttons_text" | "save" |
    "withdraw_all" | "object_all" | "object" | "close" | "always_on" | "on_unless_objected" | "details" | "services" |
    "basis" | "recipient" | "transfer" | "cookies" | "storage" | "vendor_notice" | "gpc_text" | "us_open" | "us_text" |
    "us_sale" | "us_limit" | "data_title" | "data_text" | "download" | "proof_text" | "erase_confirm" | "erase" |
    "controller" | "dpo" | "representative" | "list_separator" | "cookie" | "pair" | "session" | "years" | "months" |
    "weeks" | "days" | "hours" | "minutes" | "seconds" | "basis_consent" | "basis_contract" | "basis_legal_obligation" |
    "basis_vital_interests" | "basis_public_task" | "basis_legitimate_interests" | "safeguard_adequacy_decision" |
    "safeguard_standard_contractual_clauses" | "safeguard_binding_corporate_rules" | "safeguard_code_of_conduct" |
    "safeguard_certification" | "safeguard_explicit_consent" | "back" | "erased_title" | "erased_text" | "kept_text" |
    "kept_proof" | "restore_text" | "failed_title" | "failed_text" | "changed_title" | "changed_text" | "confirm_title"
    | "confirm_text" | "confirm" | "loading" | "working" | "failed" | "queued" | "verified" | "unverified" | "unchecked"
    | "unchanged" | "uncompared" | "exported" | "blocked" | "load_once" | "load_always" | "rights_title" | "rights_text"
    | "requests_title" | "requests_none" | "received" | "target" | "due" | "over" | "extended" | "refused" | "remedies"
    | "remedies_authority" | "note" | "revoke" | "phase_received" | "phase_identity_pending" | "phase_accepted" |
    "phase_in_progress" | "phase_partially_completed" | "phase_completed" | "phase_refused" | "phase_revoked" | "access"
    | "about_access" | "portability" | "about_portability" | "rectification" | "about_rectification" | "restriction" |
    "about_restriction" | "ground" | "ground_accuracy" | "ground_unlawful" | "ground_claims" | "ground_objection" |
    "restricted" | "lifting" | "lift" | "objection" | "about_objection" | "human_review" | "about_human_review" |
    "withdrawal" | "about_withdrawal" | "erasure" | "statement" | "send" | "sent" | "receipt" | "copy_progress" |
    "passphrase" | "passphrase_text" | "contact_title" | "about_contact" | "contact" | "contact_send" | "contact_sent" |
    "code" | "code_confirm" | "code_wrong" | "contact_shown" | "contact_end" | "account_shown" | "agent_asks" |
    "agent_confirm" | "agent_deny" | "problem_erased" | "problem_hold" | "problem_open" | "problem_identity" |
    "problem_moved" | "problem_restricted" | "problem_gone" | "problem_unavailable" | "problem_often" |
    "problem_invalid" | "copy_title" | "copy_purposes" | "copy_kept" | "copy_recipients" | "copy_automated" |
    "copy_automated_none" | "copy_logic" | "copy_consequences" | "copy_used" | "copy_decisions" | "copy_log" |
    "copy_systems" | "copy_content" | "copy_stored" | "copy_until" | "copy_term" | "copy_source" | "copy_provided" |
    "copy_observed" | "copy_derived" | "copy_received" | "copy_files" | "copy_missing" | "copy_damaged" |
    "copy_withheld" | "copy_absent" | "copy_waiting" | "copy_failed" | "copy_rights",
    string
  >
>;

/**
 * A decision about people that is based solely on automated processing, profiling included, and has legal effects for
 * them or similarly significantly affects them (GDPR Article 22(1) and (4)).
 */
export interface AutomatedDecision {
  /** Its name for machines, such as `invoice`. */
  id: string;
  /** What is decided, such as "Whether you may pay by invoice", in each language. */
  name: Record<string, string>;
  /**
   * The logic involved: what is looked at, and how that leads to the outcome, in plain words (GDPR Articles 12(1) and
   * 15(1)(h)), in each language.
   */
  logic: Record<string, string>;
  /** Its significance and the envisaged consequences for the person (GDPR Article 15(1)(h)), in each language. */
  consequences: Record<string, string>;
  /** What it is made for. */
  purposes?: string[];
  /** The categories of records that it uses. */
  records?: string[];
}

/** What the Worker lets through, beside what consent decides. */
export interface Edge {
  /** What the site's own server is told of a visitor (GDPR Article 5(1)(c): no more than it needs). */
  origin?: Origin;
  /**
   * Whether a page for visitors of whom nothing is known is made once for all of them, where the site's own server lets
   * shared caches keep it.
   */
  share_pages?: boolean;
  /**
   * Whether well-known services that the policy does not declare are stopped: advertising, analytics and embedded
   * content by their usual hosts.
   */
  stop_known_services?: boolean;
  /** Cookies that the site sets and no service of the policy declares. */
  undeclared_cookies?: Undeclared;
  /**
   * Hosts that a page loads from and no service of the policy declares. Stopped, a page may load from the site, from
   * `site.origins` and from permitted services alone, by a content security policy of its own.
   */
  undeclared_hosts?: Undeclared;
}

/** What the site's own server is told of a visitor. */
export interface Origin {
  /** The address, as `X-Forwarded-For`. Reduced, it is that of the network: an IPv4 /24, an IPv6 /48. */
  address?: Detail;
  /**
   * The client hints (`Sec-CH-*`, `Device-Memory` and the like). Reduced, they are the three that browsers send to
   * everyone: brands, whether it is a mobile, platform.
   */
  client_hints?: Detail;
  /** The address of the page before. Reduced, it is scheme and host. */
  referrer?: Detail;
  /** The user agent. Reduced, it is browser family, major version, system and class of device. */
  user_agent?: Detail;
}

/** How much of something is told. */
export type Detail =
  /** Nothing. */
  | "none"
  /** What does not single anyone out. */
  | "reduced"
  /** All of it. */
  | "whole";

/** What happens to something that the policy does not declare. */
export type Undeclared =
  /** It passes, and is reported. */
  | "pass"
  /** It is stopped, and reported. */
  | "stop";

/**
 * What is taken over from an earlier tool, once, where a visitor has made no choice here. A refusal always is. A grant
 * only if its record has a date, is not older than a grant may be here, and was for the same purposes and recipients.
 * The receipt says that it was imported, not witnessed.
 */
export interface Import {
  /** The earlier tool. */
  from: Source;
  /** Its categories or services, each with the purpose here that it stood for. */
  purposes: Record<string, string>;
  /** How long a grant lasted there, if that is shorter than here. */
  lifetime?: string;
  /** The name of its cookie or storage key, if it is not the tool's usual one. */
  name?: string;
  /** Whether the earlier notice named the same purposes and recipients as this policy. Only then are grants taken. */
  same_notice?: boolean;
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

/** The audit log. */
export interface Log {
  /** How long the sealed payload of an entry is kept; its hash stays. */
  retention?: string;
}

/** A category of personal records that the site keeps about people in the retention store. */
export interface Category {
  /** Its name for machines, such as `orders`; the addresses of records carry it. */
  id: string;
  /** What the records are kept for. Once none of these is permitted any more, they are deleted. */
  purposes: string[];
  /** Its name for people (GDPR Article 15(1)(b)), in each language. */
  name: Record<string, string>;
  /**
   * How long a record is kept after it was last written (GDPR Articles 5(1)(e) and 15(1)(d)). Made shorter, it holds
   * for what is stored already as well; made longer, for what is written from then on.
   */
  retention: string;
  /** Where the data comes from (GDPR Articles 14(2)(f) and 15(1)(g)); what people may take along turns on it. */
  source: DataSource;
  /**
   * Whom data that was received came from, such as "Plain Credit Ltd, Dublin, a credit agency": any available
   * information as to its source (GDPR Articles 14(2)(f) and 15(1)(g)), in each language.
   */
  received_from?: Record<string, string>;
  /**
   * Members of JSON records that people put right themselves, at once (GDPR Article 16): JSON Pointers such as `/city`.
   * Other corrections are asked of the site.
   */
  rectifiable?: string[];
  /**
   * Members of JSON records that a person's copy leaves out because they are secrets or about others (GDPR Article
   * 15(4)): JSON Pointers (RFC 6901) such as `/password_hash`.
   */
  withheld?: string[];
}

/** Where data about a person comes from. */
export type DataSource =
  /** The person gave it. */
  | "provided"
  /** It was observed while they used the site: also "provided" in the sense of Article 20 (WP 242 rev.01). */
  | "observed"
  /** The site concluded it from other data. */
  | "derived"
  /** Somebody else gave it (Article 14). */
  | "received";

/**
 * Where which rules hold. Built in are the European Economic Area, Switzerland, Brazil, the United Kingdom and the
 * United States; everywhere else, and where the region is unknown, the strictest rules hold: nothing before consent.
 */
export interface Regions {
  /** Who the site is for. */
  audience?: Audience;
  /** Names for several regions, for use in `rules`. A group may name other groups; `EEA` is built in. */
  groups?: Record<string, string[]>;
  /** The site's own rules; of several that fit, the first holds. */
  rules?: RegionRule[];
}

/** Who a site is for. */
export type Audience =
  /** Anybody. */
  | "general"
  /**
   * People under sixteen, so that nothing of theirs is sold or shared before somebody agrees (California: Civil Code
   * 1798.120(c)).
   */
  | "under-16";

/** The rules of some regions. */
export interface RegionRule {
  /** Countries (ISO 3166-1: `NZ`), their parts (ISO 3166-2: `US-TX`), or groups. */
  in: string[];
  /** Which rules hold there. */
  regime: RegimeId;
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

/** How people's requests are answered (GDPR Articles 12 to 22). */
export interface Rights {
  /**
   * The site's other systems that hold personal data. They are asked to do their part of what accounts ask for, and no
   * request is complete before they have. Their addresses and secrets are the deployment's.
   */
  connectors?: Connector[];
  /**
   * Whether people may use their rights by showing that an address is theirs: a code is sent to the site's webhook,
   * which sends it on. For records that are filed under an e-mail address or a phone number instead of an account.
   */
  contacts?: boolean;
  /**
   * The country the controller is established in: its law sets the terms of an answer, its public holidays move them
   * (Regulation (EEC, Euratom) 1182/71). Without it, the strictest terms hold and only weekends move them.
   */
  country?: string;
  /** Further public holidays: of a part of the country, or set anew each year. */
  holidays?: string[];
}

/** Another system of the site that holds personal data, such as its customer file or its mailing list. */
export interface Connector {
  /** Its name for machines, such as `crm`. */
  id: string;
  /** Its name for people, in each language. */
  name: Record<string, string>;
  /** What it takes part in. */
  rights: ConnectorRight[];
}

/** A right that another system can take part in. */
export type ConnectorRight =
  /** It hands out what it holds (GDPR Article 15). */
  | "access"
  /** It hands out what people may take along (Article 20). */
  | "portability"
  /** It puts right what was put right in the store (Articles 16 and 19). */
  | "rectification"
  /** It deletes (Articles 17 and 19). */
  | "erasure"
  /** It only stores, until it is told otherwise (Articles 18 and 19). */
  | "restriction";

/** A service: one vendor's tool, used for one purpose. */
export interface Service {
  /** Its name for machines, such as `maps`; tags carry it as `data-service`. */
  id: string;
  /** The purpose it serves. */
  purpose: string;
  /** Its name for people. */
  name: string;
  /** Who receives the data (GDPR Article 13(1)(e)). */
  recipient: Recipient;
  /**
   * The cookies it sets (ePrivacy Directive Article 5(3); how long they work, and who reads them, must be told: Court
   * of Justice, C-673/17 Planet49).
   */
  cookies?: Cookie[];
  /**
   * The hosts it loads from or sends to: `host`, or `host:port` where the port is not the usual one. Every host by its
   * own name; subdomains are not implied.
   */
  hosts?: string[];
  /** The vendor's own privacy notice, an `https://` address. */
  privacy_notice?: string;
  /**
   * Whether a page has to be loaded anew to stop the service once it runs. Others are told through the consent
   * interface they have, and their cookies and storage are cleared.
   */
  reload?: boolean;
  /** The keys it writes in local or session storage; one `*` may end a key, as in a cookie's name. */
  storage?: string[];
  /** The transfer outside the European Economic Area, where there is one (GDPR Articles 44 to 49, 13(1)(f)). */
  transfer?: Transfer;
}

/** Who receives data through a service (GDPR Articles 4(9) and 13(1)(e)). */
export interface Recipient {
  /** The legal name. */
  name: string;
  /** The country it is established in. */
  country: string;
}

/** A cookie. */
export interface Cookie {
  /** Its name. One `*` may end it and stands for anything: `_ga_*`. */
  name: string;
  /** How long it stays on the device. */
  lifetime: Lifetime;
}

/** How long something stays on a device: a period such as `P13M`, or `session`, until the browser closes. */
export type Lifetime =
  /** Until the browser closes. */
  | "session"
  /** For a period. */
  | string;

/** A transfer of personal data to a country outside the European Economic Area. */
export interface Transfer {
  /** The country the data goes to. */
  country: string;
  /** What makes the transfer lawful. */
  safeguard: Safeguard;
}

/** What makes a transfer lawful (GDPR Chapter V). */
export type Safeguard =
  /** Article 45: the Commission found the country's protection adequate. */
  | "adequacy-decision"
  /** Article 46(2)(c): the Commission's standard contractual clauses. */
  | "standard-contractual-clauses"
  /** Articles 46(2)(b) and 47: rules a group of companies is bound by. */
  | "binding-corporate-rules"
  /** Article 46(2)(e): an approved code of conduct. */
  | "code-of-conduct"
  /** Article 46(2)(f): an approved certification. */
  | "certification"
  /** Article 49(1)(a): the person agreed to the transfer, knowing its risks. */
  | "explicit-consent";

/** Signals in and out. */
export interface Signals {
  /** Do Not Track, the signal before it. */
  dnt?: Dnt;
  /** Google Consent Mode, version 2. */
  google?: Google;
  /** Global Privacy Control (W3C): the header `Sec-GPC: 1` and `navigator.globalPrivacyControl`. */
  gpc?: Gpc;
  /** Microsoft's consent interfaces. */
  microsoft?: Microsoft;
}

/** What Do Not Track does. */
export type Dnt =
  /** Nothing. */
  | "ignore"
  /** The same as Global Privacy Control. */
  | "honour";

/** Google Consent Mode, version 2. */
export interface Google {
  /**
   * Which purpose grants each type. A type that is not named is always denied; one whose purpose is essential is always
   * granted.
   */
  types: Record<string, string>;
  /** Whether ad click identifiers are taken out of requests while `ad_storage` is denied. */
  ads_data_redaction?: boolean;
  /**
   * Whether Google's tags run before a choice and send pings without cookies. That is contact with a third party before
   * a choice, so this is off: the basic mode, in which they wait.
   */
  advanced?: boolean;
  /** Whether click identifiers travel in addresses instead of cookies. They identify all the same, so this is off. */
  url_passthrough?: boolean;
  /** For how many milliseconds tags wait for a choice that is still being read; 500 if not given. */
  wait_for_update?: number;
}

/** What Global Privacy Control does. */
export type Gpc =
  /** It refuses, until the person chooses otherwise here. */
  | "honour"
  /** Nothing. Several US states forbid that. */
  | "ignore";

/** Microsoft's consent interfaces. */
export interface Microsoft {
  /** Clarity. */
  clarity?: Clarity;
  /** Advertising's Universal Event Tracking: the purpose that grants `ad_storage`. */
  uet?: string;
}

/** Clarity's `consentv2`. */
export interface Clarity {
  /** The purpose that grants `analytics_Storage`. */
  analytics_storage: string;
  /** The purpose that grants `ad_Storage`; without it that is denied. */
  ad_storage?: string;
}

/** The look. What is left out is the built-in look. */
export interface Theme {
  /** The colours of the dark scheme. */
  dark?: Palette;
  /** Font families, best first, such as `Inter, sans-serif`. Fonts are not loaded, they have to be the page's own. */
  font?: string;
  /** The shape of the first layer. */
  layout?: Layout;
  /** The colours of the light scheme. */
  light?: Palette;
  /** Where the first layer stands. */
  position?: Position;
  /** The roundness of corners, in hundredths of the text size: 0 is square, 75 as built in. */
  radius?: number;
  /** Light, dark, or as the reader's system has it. */
  scheme?: Scheme;
}

/** Colours as `#rrggbb`. The text on the page's colour, and the button's text on the accent, need a contrast of 4.5. */
export interface Palette {
  /** Buttons and links. */
  accent?: string;
  /** The text. */
  ink?: string;
  /** The text on buttons. */
  on_accent?: string;
  /** Behind the text. */
  paper?: string;
}

/** The shape of the first layer. */
export type Layout =
  /** A card no larger than its text. */
  | "card"
  /** A bar over the whole width. */
  | "bar";

/** Where the first layer stands. `start` and `end` follow the language's direction. */
export type Position =
  /** At the bottom, where lines end. */
  | "bottom-end"
  /** At the bottom, where lines start. */
  | "bottom-start"
  /** At the bottom, in the middle. */
  | "bottom"
  /** At the top, in the middle. */
  | "top"
  /** In the middle of the window. */
  | "center";

/** Light or dark. */
export type Scheme =
  /** As the reader's system has it. */
  | "auto"
  /** Light. */
  | "light"
  /** Dark. */
  | "dark";
