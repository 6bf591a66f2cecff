// Runs inside every measured page, before anything of it: when its banner is painted, and what moved.

/**
 * Leaves `window.bench` behind. All times are milliseconds since the navigation began.
 *
 * `seen` is the first frame in which at least half of the banner's box stands in the window, at least half opaque;
 * `rested` the first in which it is opaque and no longer moves. `text` is when the browser says it presented text of
 * the banner (Element Timing); it says so of text that fades in only for some ways of fading.
 */
export function record(selector) {
  const bench = (window.bench = { seen: null, rested: null, text: null, shift: 0 });
  const root = () => document.querySelector(selector);

  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.identifier !== "bench" || !entry.element?.closest(selector)) continue;
      const time = entry.renderTime || entry.startTime;
      if (bench.text === null || time < bench.text) bench.text = time;
    }
  }).observe({ type: "element", buffered: true });

  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) bench.shift += value;
  }).observe({ type: "layout-shift", buffered: true });

  // What a frame shows is stamped once the frame is done.
  const stamps = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    for (const name of stamps.splice(0)) bench[name] ??= now;
  };
  let last = "";
  const look = () => {
    const box = root();
    if (box) {
      const { x, y, width, height } = box.getBoundingClientRect();
      const across = Math.min(x + width, innerWidth) - Math.max(x, 0);
      const down = Math.min(y + height, innerHeight) - Math.max(y, 0);
      const inside = across > 0 && down > 0 && across * down >= (width * height) / 2;
      let opacity = getComputedStyle(box).visibility === "visible" && inside ? 1 : 0;
      for (let at = box; at && opacity; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
      const place = [x, y, width, height].map(Math.round).join();
      if (opacity >= 0.5) stamps.push("seen");
      if (opacity > 0.99 && place === last) {
        // Nothing moved since the frame before, or an earlier one: that was when it came to rest.
        if (bench.still) bench.rested ??= bench.still;
      } else {
        delete bench.still;
        if (opacity > 0.99) stamps.push("still");
      }
      last = opacity > 0.99 ? place : "";
      if (stamps.length) port2.postMessage(0);
    }
    if (bench.rested === null) requestAnimationFrame(look);
  };

  // Text is reported by its own element only: whatever of the banner has words is marked as it comes in.
  const mark = () => {
    const box = root();
    if (!box) return;
    for (const part of [box, ...box.querySelectorAll("*")]) {
      const words = [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (words && !part.hasAttribute("elementtiming")) part.setAttribute("elementtiming", "bench");
    }
  };
  new MutationObserver(mark).observe(document, { childList: true, subtree: true });
  requestAnimationFrame(look);
}
