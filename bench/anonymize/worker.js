// What workerd runs: `?who=…&times=…` anonymises the lines it is sent so many times over. Clocks stand still in a Worker
// while it computes, so the time is taken from outside.

import { anonymizeJson } from "consentry/anonymize";
import { line } from "./lean.mjs";

const rules = JSON.parse(RULES);
const all = { consentry: (text) => anonymizeJson(text, rules), lean: line };

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const run = all[searchParams.get("who")];
    const lines = (await request.text()).split("\n");
    let bytes = 0;
    for (let left = Number(searchParams.get("times")); left > 0; left--) for (const text of lines) bytes += run(text).length;
    return Response.json({ bytes, sample: run(lines[0]) });
  },
};
