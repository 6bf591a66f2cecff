// The browser that every test and bench drives.

import { chromium } from "playwright-core";

/**
 * Chromium as the system has it, or as `CHROMIUM` says; it asks nobody for anything by itself. On a busy machine it sometimes
 * ends while it starts; it is started once more then.
 */
export function startBrowser() {
  return launch().catch(launch);
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
