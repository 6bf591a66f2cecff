/** For React: the page's decision as a hook, and what is shown only with consent. No provider is needed. */

import { useSyncExternalStore, type ReactNode } from "react";
import { accept, init, reject, showPreferences, withdraw } from "./index.js";
import type { Consentry, State } from "./index.js";

const EVENTS = ["ready", "consent", "change"];
const none: State = { given: [], refused: [], undecided: [], services: [], gpc: false };

let last = none;

// A hook asks for the same object as long as nothing has changed.
function snapshot(): State {
  const now = init().state();
  if (JSON.stringify(now) !== JSON.stringify(last)) last = now;
  return last;
}

function subscribe(changed: () => void): () => void {
  init();
  for (const event of EVENTS) addEventListener("consentry:" + event, changed);
  return () => {
    for (const event of EVENTS) removeEventListener("consentry:" + event, changed);
  };
}

/** Where the page stands, and what changes it. */
export interface ConsentHook extends State, Pick<Consentry, "accept" | "reject" | "withdraw" | "showPreferences"> {
  accepted(what: string | { service: string }): boolean;
}

/** Renders again whenever what is permitted changes. On the server nothing is permitted. */
export function useConsent(): ConsentHook {
  const state = useSyncExternalStore(subscribe, snapshot, () => none);
  const accepted = (what: string | { service: string }) =>
    typeof what === "string" ? state.given.includes(what) : state.services.includes(what.service);
  return { ...state, accepted, accept, reject, withdraw, showPreferences };
}

/** What {@link Consent} waits for: a purpose of the policy, a service, or both. */
export interface ConsentProps {
  category?: string;
  service?: string;
  fallback?: ReactNode;
  children?: ReactNode;
}

/** Shows its children while what they need is permitted, else the fallback. */
export function Consent({ category, service, fallback = null, children = null }: ConsentProps): ReactNode {
  const { accepted } = useConsent();
  const wanted = category != null || service != null;
  return wanted && (category == null || accepted(category)) && (service == null || accepted({ service }))
    ? children
    : fallback;
}
