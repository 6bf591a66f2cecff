// The Worker before each side. It hands over one entry a request; or it is told to call the side by itself, many calls at
// a time, so that HTTP is not what is measured.

import { batchOf } from "./batches.js";
import { entry } from "./entries.js";
import side from "./side.js";

export * from "./side.js";

/**
 * Calls for some time, `lanes` at a time, with entries sealed like that. Times are in ms, as precise as the platform tells
 * them after each call.
 */
async function calls(env, { lanes, seconds, sealed }) {
  const latencies = [];
  const batches = new Set();
  const begun = performance.now();
  const until = begun + 1000 * Number(seconds);
  const lane = async () => {
    let now = performance.now();
    while (now < until) {
      const answer = await side.append(env, entry(sealed));
      const after = performance.now();
      latencies.push(Math.round((after - now) * 100) / 100);
      now = after;
      batches.add(batchOf(env.SIDE, answer));
    }
  };
  await Promise.all(Array.from({ length: Number(lanes) }, lane));
  return { latencies, batches: batches.size, seconds: (performance.now() - begun) / 1000 };
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/calls") return Response.json(await calls(env, Object.fromEntries(searchParams)));
    return new Response(await side.append(env, await request.json()));
  },
};
