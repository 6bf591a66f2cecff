/** A signed consent record with the proof that it is in the site's log. Keep it whole: every byte counts. */
export interface Receipt {
  schema: string;
  record: ConsentRecord;
  signature: { key: string; algorithm: string; value: string };
  evidence: { leaf: string; entry: string; salt: string; proof: string };
}

/** What was decided. Times are RFC 3339, hashes URL-safe base64. */
export interface ConsentRecord {
  schema_version: string;
  record_id: string;
  pii_principal_id?: string;
  sequence?: number;
  event_time: string;
  valid_until: string;
  privacy_notice: { url: string; hash: string; language: string; policy: string; policy_standing: string };
  collection_method: string;
  purposes: {
    purpose: string;
    status: "given" | "refused" | "withdrawn" | "objected";
    recipients: { name: string; country: string }[];
  }[];
  /** What it means for single services, as far as that is something else than for their purpose. */
  services?: {
    service: string;
    purpose: string;
    status: "given" | "refused" | "withdrawn" | "objected";
    recipient: { name: string; country: string };
  }[];
  /** Which rules held, and why. `region` is ISO 3166. */
  rules: {
    regime: "opt-in" | "uk" | "us" | "notice-only";
    region?: string;
    reason: string;
    privacy_signal: boolean;
    confirmed?: boolean;
  };
  /** The earlier tool's record this was taken over from: imported, not witnessed. */
  import?: { from: string; decided_at?: string; witnessed: boolean };
  pii_controllers: { name: string; address: string; contact: string }[];
  withdrawal_method: string;
  retention_period: string;
}

/** The public keys of a site, active ones first. */
export interface PublicKeys {
  /** Verifier lines of the log's keys (c2sp.org/signed-note). */
  log: string[];
  receipt: { id: string; alg: string; key: string }[];
}

/** Whether a signature of 64 bytes is that of a key of 32 bytes over a message (RFC 8032). */
export type Ed25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** What verifying a receipt found. */
export interface Verification {
  /** Everything below holds. */
  ok: boolean;
  /** The site signed the record. */
  signature: boolean;
  /** The record's entry is in the tree of the checkpoint. */
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
