import type { Decision, Plan, Receipt } from "./types.js";

export type Choice = "accept-all" | "reject-all" | "selection";

/** What the edge says to a decision; problems carry `detail`. */
export interface Answer {
  decision?: Decision | null;
  receipt: Receipt | null;
  plan?: Plan;
  detail?: string;
}

/** Sends a decision, even from a page that is about to go. */
export async function send(
  { base, policy, notice, locale }: Plan,
  seen: number,
  choice: Choice,
  wanted: string[],
  layer: string,
  signal: AbortSignal,
): Promise<[number, Answer]> {
  // Five bits of each byte, so that no digit needs escaping; the last one pads to sixteen bytes.
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => (byte & 31).toString(32));
  const id = digits.join("") + "A";
  const purposes = choice === "selection" ? wanted : undefined;
  const response = await fetch(base + "consent", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, policy, notice, locale, seen, choice, purposes, layer }),
    keepalive: true,
    signal,
  });
  return [response.status, (await response.json()) as Answer];
}
