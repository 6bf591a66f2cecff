// An inclusion proof verified by hand, with WebCrypto's SHA-256: what a page would do that has nothing of ours. It looks at
// nothing else of a receipt.

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

/** Whether the leaf is in the tree that the proof's checkpoint names (RFC 9162, 2.1.3.2). */
export async function includes(leaf, proof) {
  const [head, note] = proof.split("\n\n");
  const [, index, ...path] = head.split("\n");
  const [, size, root] = note.split("\n");
  let [at, last] = [Number(index.slice(6)), Number(size) - 1];
  let hash = await sha256([0], new TextEncoder().encode(leaf));
  for (const line of path) {
    const sibling = bytes(line);
    if (at % 2 === 1 || at === last) {
      hash = await sha256([1], sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256([1], hash, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && btoa(String.fromCharCode(...hash)) === root;
}
