import { leave, signals, stubbed } from "./signals.js";
import { bit } from "./state.js";
import type { Signals } from "./types.js";

// Stands first in <head>, as `<script src=s.js data-signals='{"google":{…}}' data-state="3">`: vendors' own scripts
// below it find their default, and at once what this visitor permits. Whatever fails here leaves everything denied.
try {
  const { signals: json, state } = document.currentScript!.dataset;
  if (!stubbed()) {
    const tell = signals(JSON.parse(json!) as Signals);
    leave(tell);
    if (+state!) tell((purpose) => bit(+state!, purpose));
  }
} catch {}
