/**
 * How a page of another origin than the edge's proves to be the device it was before: with a key that cannot leave the
 * browser, by HTTP message signatures (RFC 9421). It is made at the first grant or first use of a right.
 */

const STORE = "device";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };

// Where the browser denies storage, it lives as long as the page.
let pair: CryptoKeyPair | undefined;
// How far this clock is behind the edge's, in seconds.
let behind = 0;

const done = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Where the database is not there, it is made only if something is to be kept; else this fails. */
async function kept<T>(use: (store: IDBObjectStore) => IDBRequest<T>, makes?: boolean): Promise<T> {
  const opening = indexedDB.open("consentry");
  opening.onupgradeneeded = () => {
    if (makes) opening.result.createObjectStore(STORE);
    else opening.transaction!.abort();
  };
  const database = await done(opening);
  try {
    return await done(use(database.transaction(STORE, "readwrite").objectStore(STORE)));
  } finally {
    database.close();
  }
}

async function key(makes?: boolean): Promise<CryptoKeyPair | undefined> {
  const found = () => kept<CryptoKeyPair | undefined>((store) => store.get(STORE), makes);
  const made = () => crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  try {
    pair = await found();
    if (!pair && makes) {
      const mine = await made();
      // Another tab may have been faster.
      await kept((store) => store.add(mine, STORE), makes).catch(() => {});
      pair = (await found()) ?? mine;
    }
  } catch {
    if (makes) pair ??= await made();
  }
  return pair;
}

/** Forgets the key, after what it proved was erased. */
export async function drop(): Promise<void> {
  pair = undefined;
  try {
    await done(indexedDB.deleteDatabase("consentry"));
  } catch {}
}

const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

async function sign(url: string, method: string, body: string, by: CryptoKeyPair): Promise<Record<string, string>> {
  const { subtle } = crypto;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const raw = base64(await subtle.exportKey("raw", by.publicKey));
  const keyid = raw.replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "");
  const covered: Record<string, string> = { "@method": method, "@target-uri": new URL(url).href };
  if (body) covered["content-digest"] = `sha-256=:${base64(await subtle.digest("SHA-256", bytes(body)))}:`;
  const names = Object.keys(covered).map((name) => `"${name}"`);
  const created = Math.floor(Date.now() / 1e3) + behind;
  const input = `(${names.join(" ")});created=${created};keyid="${keyid}";alg="ecdsa-p256-sha256"`;
  const lines = [...names.map((name, i) => name + ": " + Object.values(covered)[i]), '"@signature-params": ' + input];
  const value = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, by.privateKey, bytes(lines.join("\n")));
  return {
    ...(body && { "content-digest": covered["content-digest"]! }),
    "signature-input": "device=" + input,
    signature: `device=:${base64(value)}:`,
  };
}

/**
 * Sends a request as this device, if it is one already or `makes` one. It is sent once more if it turns out to need one,
 * if the clock was wrong, or if what was known about the device has been erased and it is to be another.
 */
export async function fetchAsDevice(url: string, init: RequestInit, makes?: boolean): Promise<Response> {
  for (let again = false; ; again = true) {
    const by = await key(makes);
    const signature = by && (await sign(url, init.method ?? "GET", (init.body as string | null) ?? "", by));
    const response = await fetch(url, { ...init, headers: { ...(init.headers as object), ...signature } });
    if (again || (response.status !== 401 && response.status !== 409)) return response;
    const { type, now } = (await response.clone().json()) as { type: string; now?: number };
    if (now) {
      behind = now - Math.floor(Date.now() / 1e3);
      makes = true;
    } else if (makes && /\/erased$/.test(type)) {
      await drop();
    } else {
      return response;
    }
  }
}
