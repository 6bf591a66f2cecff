import { core, ed25519 } from "./builds.js";
import { held } from "./receipt.js";
import type { Erasure, PublicKeys, Receipt, Verification } from "./types.js";

export type * from "./types.js";

/** Where the edge answers, and how it is asked. A page's plan will do. */
export interface Edge {
  base: string;
  /** Sends a request as this device; `makes` one if it is none yet. */
  fetch?: ((url: string, init: RequestInit, makes?: boolean) => Promise<Response>) | undefined;
}

const HERE: Edge = { base: "/.consentry/" };

async function ask<T>({ base, fetch: send }: Edge, path: string, body?: object, makes?: boolean): Promise<T> {
  const init = {
    method: body ? "POST" : "GET",
    headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
    body: body ? JSON.stringify(body) : null,
  };
  const response = await (send ? send(base + path, init, makes) : fetch(base + path, init));
  const answer = await response.json();
  if (!response.ok) throw Error(answer.detail ?? answer.title ?? response.statusText);
  return answer as T;
}

/** Checks a receipt, by default the one this browser holds, against the keys and the log of the site. */
export async function verify(receipt?: Receipt | null, edge = HERE): Promise<Verification> {
  const [found, keys, { verifyReceipt }] = await Promise.all([
    receipt ?? held() ?? ask<Receipt>(edge, "consent/receipt"),
    ask<PublicKeys>({ base: edge.base }, "keys"),
    core(),
  ]);
  return verifyReceipt(found, keys, ed25519);
}

/** Has everything the site keeps about this device put together, and gives the address of the ZIP: good for once. */
export async function requestExport(edge = HERE): Promise<string> {
  return (await ask<{ download: string }>(edge, "me/exports", {}, true)).download;
}

/** Has everything the site keeps about this device erased. */
export function erase(edge = HERE): Promise<Erasure> {
  return ask<Erasure>(edge, "me/erasure", { confirm: true });
}
