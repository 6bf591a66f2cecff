// Tokens about accounts, really signed: as each algorithm that is taken signs, and in the ways in which others have been deceived.

import assert from "node:assert/strict";
import { constants, createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const orders = { id: "orders", purposes: ["necessary"], name: { en: "Orders", de: "Bestellungen" }, retention: "P1Y", source: "provided" };
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Fresh keys, each under the name of what it signs with. */
function freshKeys() {
  const pair = (kind, options) => generateKeyPairSync(kind, options);
  return { EdDSA: pair("ed25519"), ES256: pair("ec", { namedCurve: "P-256" }), RS256: pair("rsa", { modulusLength: 2048 }), HS256: randomBytes(32) };
}

/** How each signs (RFC 7518, section 3.1; RFC 8037). */
const SIGN = {
  EdDSA: (data, { privateKey }) => sign(null, data, privateKey),
  ES256: (data, { privateKey }) => sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  RS256: (data, { privateKey }) => sign("sha256", data, privateKey),
  HS256: (data, secret) => createHmac("sha256", secret).update(data).digest(),
};
const ALGORITHMS = Object.keys(SIGN);
const keys = freshKeys();
const jwk = (alg) => (alg === "HS256" ? { kty: "oct", k: keys.HS256.toString("base64url") } : keys[alg].publicKey.export({ format: "jwk" }));

/** A token that says it was signed so by the key of that name; `by` signs it otherwise. */
function token(alg, { header, by = (data) => SIGN[alg](data, keys[alg]), ...claims } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg, kid: `key-${alg}`, ...header })}.${part({ sub: "ann", aud: "localhost", iat: now, exp: now + 300, ...claims })}`;
  return `${signed}.${by(Buffer.from(signed)).toString("base64url")}`;
}

let site;
before(async () => {
  const set = { keys: ALGORITHMS.map((alg) => ({ ...jwk(alg), kid: `key-${alg}` })) };
  site = await startSite({ policy: { ...shopPolicy(), records: [orders] }, vars: { ...backend.vars, ACCOUNT_KEYS: JSON.stringify(set) } });
});
after(() => site?.stop());

const mine = (token) => new Client(site).request("me/requests", { headers: { authorization: `Bearer ${token}` } });
const taken = async (token, what) => assert.equal((await mine(token)).status, 200, what);
const refused = async (token, what) => {
  const answer = await mine(token);
  assert.equal(answer.status, 401, `${what}: ${answer.text}`);
  isProblem(answer, 401, "token-refused");
};

test("what each algorithm signs is taken, about the same account", async () => {
  const subject = (alg) => ({ headers: { "consentry-subject": token(alg) } });
  for (const alg of ALGORITHMS) {
    await taken(token(alg), alg);
    const made = await backend.put(site, undefined, `/orders/${alg}`, { alg }, subject(alg).headers);
    assert.equal(made.status, 201, `${alg}: ${made.text}`);
  }
  for (const alg of ALGORITHMS) {
    const listed = await backend.ask(site, undefined, "/orders", subject(alg));
    assert.deepEqual(listed.body.records.map(({ name }) => name).sort(), ALGORITHMS.toSorted(), alg);
  }
});

test("another key of the same kind, another content, or no whole signature is refused", async () => {
  const others = freshKeys();
  for (const alg of ALGORITHMS) {
    await refused(token(alg, { by: (data) => SIGN[alg](data, others[alg]) }), `${alg} by another key`);
    const good = token(alg);
    const [header, , signature] = good.split(".");
    const [, claims] = token(alg, { sub: "eve" }).split(".");
    await refused(`${header}.${claims}.${signature}`, `${alg} about somebody else`);
    await refused(`${header}.${good.split(".")[1]}.`, `${alg} without a signature`);
    const changed = (change) => token(alg, { by: (data) => change(SIGN[alg](data, keys[alg])) });
    await refused(changed((bytes) => bytes.subarray(0, -1)), `${alg}, a byte less`);
    await refused(changed((bytes) => Buffer.concat([bytes, Buffer.of(0)])), `${alg}, a byte more`);
    await refused(changed((bytes) => (bytes[bytes.length >> 1] ^= 1, bytes)), `${alg}, a bit changed`);
    await refused(changed((bytes) => Buffer.alloc(bytes.length)), `${alg}, all zero`);
  }
});

test("a public key is no shared secret", async () => {
  for (const alg of ["EdDSA", "ES256", "RS256"]) {
    const { publicKey } = keys[alg];
    const secrets = {
      PEM: publicKey.export({ format: "pem", type: "spki" }), "PEM without its end": publicKey.export({ format: "pem", type: "spki" }).trim(),
      DER: publicKey.export({ format: "der", type: "spki" }), JWK: JSON.stringify(jwk(alg)),
      deployed: JSON.stringify({ ...jwk(alg), kid: `key-${alg}` }), parts: Buffer.from(jwk(alg).x ?? jwk(alg).n, "base64url"), text: jwk(alg).x ?? jwk(alg).n,
    };
    for (const [form, secret] of Object.entries(secrets)) {
      const by = (data) => createHmac("sha256", secret).update(data).digest();
      await refused(token("HS256", { by, header: { kid: `key-${alg}` } }), `the public key of ${alg} as ${form}`);
      await refused(token("HS256", { by }), `the same, by the name of the secret, as ${form}`);
      await refused(token(alg, { by }), `the same, by the name of ${alg}, as ${form}`);
    }
  }
});

test("how a token is checked, it does not say itself", async () => {
  const none = () => Buffer.alloc(0);
  for (const alg of ["none", "None", "NONE", "nOnE", "", undefined, null]) {
    for (const kid of [undefined, ...ALGORITHMS.map((alg) => `key-${alg}`)]) {
      await refused(token("EdDSA", { by: none, header: { alg, kid } }), `${alg} for ${kid}`);
    }
    await refused(token("HS256", { header: { alg } }), `signed, as ${alg}`);
  }
  for (const named of ALGORITHMS) {
    for (const alg of ALGORITHMS.filter((alg) => alg !== named)) {
      await refused(token(alg, { header: { kid: `key-${named}` } }), `${alg} by the name of ${named}`);
      await refused(token(alg, { header: { alg: named } }), `${alg} that says ${named}`);
    }
  }
  const stranger = freshKeys().EdDSA;
  const by = (data) => SIGN.EdDSA(data, stranger);
  await refused(token("EdDSA", { by, header: { jwk: stranger.publicKey.export({ format: "jwk" }) } }), "a key of its own (CVE-2018-0114)");
  await refused(token("EdDSA", { by, header: { kid: undefined, jwk: stranger.publicKey.export({ format: "jwk" }) } }), "the same without a name");
  await refused(token("EdDSA", { header: { kid: "key-none" } }), "a name of nobody's");
  await refused(token("EdDSA", { header: { kid: undefined } }), "no name, of several keys");
  await refused(token("EdDSA", { header: { crit: ["b64"], b64: false } }), "something critical");
});

test("neighbours of an algorithm are not it", async () => {
  const { ES256, RS256, HS256 } = keys;
  await refused(token("ES256", { by: (data) => sign("sha256", data, ES256.privateKey) }), "ES256 in DER");
  await refused(token("ES256", { by: (data) => sign("sha384", data, { key: ES256.privateKey, dsaEncoding: "ieee-p1363" }) }), "ES256 with SHA-384");
  const pss = (data) => sign("sha256", data, { key: RS256.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  await refused(token("RS256", { by: pss }), "PSS that says RS256");
  await refused(token("RS256", { by: pss, header: { alg: "PS256" } }), "PS256");
  await refused(token("RS256", { by: (data) => sign("sha512", data, RS256.privateKey), header: { alg: "RS512" } }), "RS512");
  await refused(token("RS256", { by: (data) => sign("sha1", data, RS256.privateKey) }), "RS256 with SHA-1");
  await refused(token("HS256", { by: (data) => createHmac("sha512", HS256).update(data).digest(), header: { alg: "HS512" } }), "HS512");
  await refused(token("HS256", { by: (data) => createHmac("sha256", HS256).update(data).digest().subarray(0, 16) }), "half of HS256");
});

test("what is signed counts in its time alone, for this site", async () => {
  const now = Math.floor(Date.now() / 1000);
  for (const alg of ALGORITHMS) {
    await taken(token(alg, { nbf: now - 5 }), `${alg} since a moment`);
    await taken(token(alg, { aud: ["elsewhere", "localhost"] }), `${alg} for several`);
    for (const [what, claims] of Object.entries({
      "expired": { iat: now - 300, exp: now - 1 }, "not valid yet": { nbf: now + 120 }, "issued in the future": { iat: now + 120, exp: now + 300 },
      "good for too long": { exp: now + 3600 }, "without an end": { exp: undefined }, "without a beginning": { iat: undefined },
      "for another site": { aud: "elsewhere" }, "for nobody": { aud: undefined }, "about nobody": { sub: undefined },
    })) await refused(token(alg, claims), `${alg}, ${what}`);
  }
});
