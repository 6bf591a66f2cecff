/** For Vue: the page's decision as a composable. */

import { getCurrentScope, onScopeDispose, shallowRef, type ShallowRef } from "vue";
import { accept, init, reject, showPreferences, withdraw } from "./index.js";
import type { Consentry, State } from "./index.js";

const EVENTS = ["ready", "consent", "change"];

/** Where the page stands, and what changes it. */
export interface ConsentComposable
  extends Pick<Consentry, "accept" | "reject" | "withdraw" | "showPreferences"> {
  state: Readonly<ShallowRef<State>>;
  /** Reads `state`, so what uses it in a template is rendered again. */
  accepted(what: string | { service: string }): boolean;
}

/** Follows what is permitted as long as the scope lives. On the server nothing is permitted. */
export function useConsent(): ConsentComposable {
  const handle = init();
  const state = shallowRef(handle.state());
  if (typeof document !== "undefined") {
    const changed = () => {
      state.value = handle.state();
    };
    for (const event of EVENTS) addEventListener("consentry:" + event, changed);
    if (getCurrentScope()) {
      onScopeDispose(() => {
        for (const event of EVENTS) removeEventListener("consentry:" + event, changed);
      });
    }
  }
  const accepted = (what: string | { service: string }) =>
    typeof what === "string" ? state.value.given.includes(what) : state.value.services.includes(what.service);
  return { state, accepted, accept, reject, withdraw, showPreferences };
}
