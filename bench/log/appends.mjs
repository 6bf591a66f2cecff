// Appending for some time: how many were acknowledged, and how long each took.

import { open } from "../../edge/dev/connection.mjs";
import { computed } from "../workerd.mjs";
import { batchOf } from "./batches.js";
import { entry } from "./entries.js";

/** Each lane is a connection of its own, with one entry a request. */
async function overHttp({ port, id }, lanes, seconds) {
  const connections = await Promise.all(Array.from({ length: lanes }, () => open(port)));
  const latencies = [];
  const batches = new Set();
  const begun = performance.now();
  const lane = async (connection) => {
    let now = begun;
    while (now < begun + 1000 * seconds) {
      const { status, bytes } = await connection.post("/", JSON.stringify(entry("site")));
      if (status !== 200) throw new Error(`${status}: ${bytes}`);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
      batches.add(batchOf(id, bytes.toString()));
    }
    connection.close();
  };
  await Promise.all(connections.map(lane));
  return { latencies, batches: batches.size, seconds: (performance.now() - begun) / 1000 };
}

/** One request has the Worker make the calls: what is measured then is the object, and how it is called. */
const byCalls = (sealed) =>
  async function calls({ port }, lanes, seconds) {
    const connection = await open(port);
    const { status, bytes } = await connection.post(`/calls?lanes=${lanes}&seconds=${seconds}&sealed=${sealed}`, "");
    connection.close();
    if (status !== 200) throw new Error(`${status}: ${bytes}`);
    return JSON.parse(bytes);
  };

/** How it is asked, and for what. */
export const WAYS = { calls: byCalls("site"), persons: byCalls("person"), http: overHttp };

/** Appends by `lanes` at a time. Times in ms; `cpu` is the time workerd had on a processor for each, in µs. */
export async function appends(side, way, lanes, seconds) {
  const before = computed(side.pid);
  const found = await WAYS[way](side, lanes, seconds);
  const count = found.latencies.length;
  const cpu = ((computed(side.pid) - before) * 1e6) / count;
  const sorted = found.latencies.sort((a, b) => a - b);
  const at = (part) => sorted[Math.floor((count - 1) * part)];
  side.acknowledged += count;
  return { count, rate: count / found.seconds, p50: at(0.5), p99: at(0.99), most: at(1), batch: count / found.batches, cpu };
}
