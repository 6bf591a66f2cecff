// Chromium, and the conditions it measures under.

import { record } from "./recorder.mjs";

/** A middling phone on a slow mobile network. */
export const CONDITIONS = {
  cpu: 6,
  network: { latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8, offline: false },
};

/** A visitor who was never here: empty cache, no cookies. `run` gets the page and its debugger. */
export async function visit(browser, { cpu = 1, network, banner }, run) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const debug = await context.newCDPSession(page);
    await debug.send("Performance.enable");
    if (network) {
      await debug.send("Network.enable");
      await debug.send("Network.emulateNetworkConditions", network);
    }
    if (cpu > 1) await debug.send("Emulation.setCPUThrottlingRate", { rate: cpu });
    if (banner) await page.addInitScript(record, banner);
    return await run(page, debug, context);
  } finally {
    await context.close();
  }
}

/** What the page's main thread has done so far, in milliseconds. */
export async function work(debug) {
  const { metrics } = await debug.send("Performance.getMetrics");
  const seconds = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { script: seconds("ScriptDuration") * 1000, task: seconds("TaskDuration") * 1000 };
}
