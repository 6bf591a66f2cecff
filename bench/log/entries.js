// Entries as the edge seals them, made of random bytes: to the log a sealed payload is nothing else.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const random = new Uint8Array(16_384);
let used = random.length;

/** Random characters of URL-safe base64 that spell whole bytes: the last of them holds `bits` bits. */
function characters(count, bits) {
  if (used + count > random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  let text = "";
  for (let at = 1; at < count; at++) text += ALPHABET[random[used++] & 63];
  return text + ALPHABET[(random[used++] & 63) >> (6 - bits) << (6 - bits)];
}

/** As many bytes as the payload of a consent has: its entry and salt as JSON, and what sealing adds. A multiple of three. */
const PAYLOAD = 342;
/** As many characters as a person's data key has once it is wrapped. */
const KEY = 82;
// Only the beginning is new each time: making random bytes must not be what is measured, and SQLite does not compress.
let most;

/** Under which key an entry is sealed: that of a person nobody has heard of before, or the site's. */
const SEALED = {
  person: () => ({ by: "subject", handle: characters(22, 2), key: { key: "k1", sealed: characters(KEY, 2) } }),
  site: () => ({ by: "site", key: "k1" }),
};

/** An entry as the log is asked to append it. */
export function entry(sealed) {
  most ??= characters((PAYLOAD / 3) * 4 - 24, 6);
  const time = new Date().toISOString().slice(0, 19);
  return {
    event: characters(22, 2),
    leaf: `{"action":"consent.given","commitment":"${characters(43, 4)}","time":"${time}Z","v":1}`,
    payload: characters(24, 6) + most,
    sealed: SEALED[sealed](),
    actor: "device",
  };
}
