// The secrets of a Worker that is tried out or measured.

import { randomBytes } from "node:crypto";

/** 32 random bytes, as secrets are written. */
export const secret = () => randomBytes(32).toString("base64url");

/** Every secret that a Worker needs, drawn anew. */
export const freshSecrets = () => ({
  SUBJECT_KEY: secret(),
  KEYRING: { active: "k1", keys: { k1: secret() } },
  SIGNING_KEY: { log: [secret()], receipt: [secret()] },
  ADMIN_TOKEN: secret(),
});

/** What variables are bound to: texts, where they have parts in JSON. */
export const asTexts = (variables) =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
