import { core, ed25519 } from "./builds.js";
import { held } from "./receipt.js";
import type { Erasure, PublicKeys, Receipt, Verification } from "./types.js";

export type * from "./types.js";

/** Where the edge answers. A page's plan will do. */
export interface Edge {
  base: string;
}

const HERE: Edge = { base: "/.consentry/" };

async function ask<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method: body ? "POST" : "GET",
    headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
    body: body ? JSON.stringify(body) : null,
  });
  const answer = await response.json();
  if (!response.ok) throw Error(answer.detail ?? answer.title ?? response.statusText);
  return answer as T;
}

/** Checks a receipt, by default the one this browser holds, against the keys and the log of the site. */
export async function verify(receipt?: Receipt | null, { base } = HERE): Promise<Verification> {
  const [found, keys, { verifyReceipt }] = await Promise.all([
    receipt ?? held() ?? ask<Receipt>(base + "consent/receipt"),
    ask<PublicKeys>(base + "keys"),
    core(),
  ]);
  return verifyReceipt(found, keys, ed25519);
}

/** Has everything the site keeps about this device put together, and gives the address of the ZIP: good for once. */
export async function requestExport({ base } = HERE): Promise<string> {
  return (await ask<{ download: string }>(base + "me/exports", {})).download;
}

/** Has everything the site keeps about this device erased. */
export function erase({ base } = HERE): Promise<Erasure> {
  return ask<Erasure>(base + "me/erasure", { confirm: true });
}
