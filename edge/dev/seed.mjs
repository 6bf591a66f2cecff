// A little real traffic for the demo: visitors who look around, refuse, choose and consent.

import { randomBytes } from "node:crypto";

const CHOICES = [
  undefined,
  undefined,
  { choice: "reject-all" },
  { choice: "reject-all" },
  { choice: "selection", purposes: ["analytics"] },
  { choice: "accept-all" },
];

/** Sends the visitors one after the other. An answer that is not as it should be ends the demo. */
export async function seed(site) {
  for (const [number, choice] of CHOICES.entries()) {
    const headers = { "cf-connecting-ip": `203.0.113.${number + 1}`, "user-agent": "Mozilla/5.0 Chrome/156.0.0.0" };
    const page = await (await fetch(site, { headers })).text();
    if (choice) await decide(site, headers, page, choice);
  }
}

async function decide(site, headers, page, choice) {
  const plan = JSON.parse(/id="consentry-plan">([^<]*)</.exec(page)?.[1] ?? "null");
  if (!plan) throw new Error("a page came without its plan");
  const { policy, notice, locale, seen } = plan;
  const id = randomBytes(16).toString("base64url");
  const answer = await fetch(`${site}/.consentry/consent`, {
    method: "POST",
    headers: { ...headers, origin: site, "content-type": "application/json" },
    body: JSON.stringify({ id, policy, notice, locale, seen, layer: "banner", ...choice }),
  });
  if (!answer.ok) throw new Error(`a decision was answered with ${answer.status}: ${await answer.text()}`);
}
