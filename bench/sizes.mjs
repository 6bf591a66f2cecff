// Bytes of what a site ships for banner and preferences.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** One file, or one piece of a page, by itself: bytes, `gzip -9`, `brotli -q 11`. */
export function weigh(content) {
  const bytes = Buffer.from(content);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: quality }).length,
  };
}

const KINDS = ["raw", "gzip", "brotli"];
const sum = (sizes) =>
  Object.fromEntries(KINDS.map((kind) => [kind, sizes.reduce((all, size) => all + size[kind], 0)]));

/** Each part by its name, and the total. */
function parts(contents) {
  const weighed = Object.entries(contents).map(([name, content]) => [name, weigh(content)]);
  return { parts: Object.fromEntries(weighed), total: sum(weighed.map(([, size]) => size)) };
}

/** What a peer's page loads, and the scripts written into the page beside it. */
export function peerSizes(peer) {
  const written = [...`${peer.head("")}${peer.body?.("") ?? ""}`.matchAll(/<script>(.*?)<\/script>/gs)];
  const inline = written.map(([, code]) => code).join("\n");
  const contents = { ...peer.files, ...(inline && { "configuration, in the page": inline }) };
  const variants = peer.without && { [`without ${peer.without.what}`]: parts(peer.without.files) };
  return { ...parts(contents), ...(variants && { variants }) };
}

/** Whose name says what for. The last takes all. */
const GROUPS = [
  ["first", /^([cs]\.js|.*\.css)$/],
  ["use", /^[a-z]\.js$/],
  ["sdk", /^sdk\.(js|wasm)$/],
  ["fallback", /./],
];

/** Our files by what they are for, under their names without the hash. */
function groups({ files }) {
  const groups = { first: {}, use: {}, sdk: {}, fallback: {} };
  for (const [path, body] of files) {
    const name = path.split("/").at(-1).replace(/\.[0-9a-f]{12}\./, ".");
    const [group] = GROUPS.find(([, pattern]) => pattern.test(name));
    groups[group][name] = body;
  }
  return groups;
}

/**
 * Ours: what a first visit loads, and by itself what is fetched later and only by those who need it. `tag` is the one
 * file of a page that the edge wrote nothing into.
 */
export function ourSizes(shipped, tag) {
  const { first, use, sdk, fallback } = groups(shipped);
  const decided = { "written into the page": shipped.decided };
  const again = tag
    ? {}
    : { "again, by who decided and has the files": decided, "again, with an empty cache": { ...first, ...decided } };
  const later = {
    ...again,
    "later: the rest of the loader, on use": use,
    "later: SDK, on idle after a grant": sdk,
    "instead of parts of the SDK, where a browser lacks something": fallback,
  };
  const there = Object.entries(later).filter(([, contents]) => Object.keys(contents).length);
  return {
    ...parts(tag ? { "c.js, with all else": tag } : { ...first, "written into the page": shipped.html }),
    variants: Object.fromEntries(there.map(([name, contents]) => [name, parts(contents)])),
  };
}
