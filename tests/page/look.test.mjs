// How the banner looks and how it can be used, in Chromium: measured, and pictures of it in target/page/.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { startBrowser } from "../browser.mjs";
import { SETTINGS, shots, startDrawn } from "./drawn.mjs";

const AXE = readFileSync(fileURLToPath(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };
/** 1280 by 1024 pixels at 400 %. */
const ENLARGED = { width: 320, height: 256 };
const LOCALES = ["en", "de", "ar"];
const GREEN = { paper: "#fdfaf2", ink: "#20180c", accent: "#2e6b1f", on_accent: "#ffffff" };
const NIGHT = { paper: "#10141c", ink: "#f4f4f4", accent: "#ffd166", on_accent: "#1c1500" };
const THEMES = {
  "built-in": undefined,
  bar: { layout: "bar" },
  "bar-top": { layout: "bar", position: "top" },
  "bottom-start": { position: "bottom-start" },
  bottom: { position: "bottom", radius: 0 },
  top: { position: "top", scheme: "light" },
  center: { position: "center", scheme: "dark", radius: 200 },
  own: { light: GREEN, dark: NIGHT, radius: 30, font: "Georgia, serif" },
};

let site;
let browser;
before(async () => {
  site = await startDrawn();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens a page, hands it to `look` and closes it. */
async function visit(options, where, look) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  try {
    const answer = await page.goto(site.url(where));
    assert.equal(answer.status(), 200, await answer.text());
    return await look(page);
  } finally {
    await context.close();
  }
}

const picture = (page, name, options) => page.screenshot({ path: join(shots, `${name}.png`), ...options });
const openPreferences = (page) =>
  page.evaluate(() => {
    document.querySelector("#consentry").removeAttribute("open");
    document.querySelector("#consentry-preferences").showModal();
  });
const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));

async function assertAccessible(page, what) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
  assert.deepEqual(found, [], what);
}

test("nothing for axe-core to object to, in any setting, language and scheme", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, region] of Object.entries(SETTINGS)) {
      for (const locale of LOCALES) {
        // Colours know no language.
        if (colorScheme === "dark" && locale !== "en") continue;
        const what = `${name}-${locale}-${colorScheme}`;
        const set = [...region, `locale=${locale}`];
        await visit({ viewport: DESKTOP, colorScheme }, { set }, async (page) => {
          const asks = ["ireland", "britain"].includes(name);
          assert.equal(await page.locator("#consentry").isVisible(), asks, what);
          assert.equal(await page.locator("#consentry-open").isVisible(), !asks, what);
          await assertAccessible(page, `first layer, ${what}`);
          if (locale === "en" || name === "ireland") await picture(page, `first-${what}`);
          await openPreferences(page);
          await picture(page, `second-${what}`);
          await unfold(page);
          await assertAccessible(page, `second layer, ${what}`);
          assert.equal(await page.locator(":checked").count(), 0, what);
          const boxes = page.locator("[type=checkbox]");
          const scheme = await boxes.first().evaluate((one) => getComputedStyle(one).colorScheme);
          assert.equal(scheme, "light dark", "boxes follow the scheme");
          if (colorScheme === "light" && locale !== "de") {
            await page.evaluate(() => {
              document.querySelector("#consentry-preferences").style.maxHeight = "none";
            });
            await page.setViewportSize({ width: 760, height: 2100 });
            await picture(page, `whole-${what}`);
          }
        });
      }
    }
  }
});

test("the page without JavaScript is as accessible", async () => {
  for (const [name, region] of Object.entries(SETTINGS)) {
    const set = [...region, `locale=${name === "ireland" ? "ar" : "en"}`, "refused=marketing", "given=analytics"];
    await visit({ viewport: PHONE }, { path: "/page", set }, async (page) => {
      await unfold(page);
      await assertAccessible(page, name);
      await picture(page, `page-${name}`, { fullPage: true });
      const { clientWidth, scrollWidth } = await page.evaluate(() => document.documentElement);
      assert.ok(!(scrollWidth > clientWidth));
    });
  }
});

/** The relative luminance of WCAG 2.2, of a colour as computed. */
const luminance = (rgb) => {
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = rgb.match(/[\d.]+/g).map((channel) => linear(channel / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};

/** What makes one button stand out from another. */
const drawn = (page, scope) =>
  page.locator(`${scope} form > .consentry-buttons`).last().locator("button").evaluateAll((buttons) =>
    buttons.map((button) => {
      const { width, height } = button.getBoundingClientRect();
      const style = getComputedStyle(button);
      const look = {};
      for (const name of ["color", "background-color", "background-image", "border-top-color", "border-top-width",
        "border-top-style", "border-radius", "font-family", "font-size", "font-weight", "font-style", "opacity",
        "text-decoration-line", "text-transform", "letter-spacing", "box-shadow", "filter", "transform",
        "outline-style", "padding-top", "padding-left", "visibility"]) look[name] = style.getPropertyValue(name);
      return { choice: button.value, look, size: [Math.round(width * 8), Math.round(height * 8)] };
    }),
  );

test("refusing looks like agreeing, in every theme", async () => {
  for (const [name, theme] of Object.entries(THEMES)) {
    for (const colorScheme of ["light", "dark"]) {
      for (const viewport of [PHONE, DESKTOP]) {
        for (const locale of ["en", "de"]) {
          if (colorScheme === "dark" && locale !== "en") continue;
          const what = `${name}-${colorScheme}-${viewport.width}-${locale}`;
          await visit({ viewport, colorScheme }, { set: ["region=GB", `locale=${locale}`], theme }, async (page) => {
            const compare = async (scope) => {
              const [first, ...others] = await drawn(page, scope);
              assert.equal(others.length, 2, what);
              for (const other of others) {
                assert.deepEqual(other.look, first.look, what);
                assert.deepEqual(other.size, first.size, `${what}: ${other.choice} and ${first.choice} in size`);
              }
              const ratio = contrast(first.look.color, first.look["background-color"]);
              assert.ok(ratio >= 4.5, `${what}: ${ratio}`);
            };
            await compare("#consentry");
            if (locale === "en") await picture(page, `theme-${what}`);
            // At once in sight, side by side or one above the other, refusing first.
            const at = async (choice) => page.locator(`#consentry [value=${choice}]`).boundingBox();
            const [no, yes] = [await at("reject-all"), await at("accept-all")];
            assert.ok(no.x === yes.x ? no.y < yes.y : no.y === yes.y, what);
            assert.ok(no.y >= 0 && yes.y + yes.height <= viewport.height, what);
            const dialog = await page.locator("#consentry").boundingBox();
            const share = (dialog.width * dialog.height) / (viewport.width * viewport.height);
            assert.ok(share <= 0.6, `${what}: the first layer takes ${share} of the screen`);
            assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width, what);
            await openPreferences(page);
            await compare("#consentry-preferences");
            if (name === "own" && locale === "en") await picture(page, `theme-second-${what}`);
            if (theme?.scheme) {
              const [paper, scheme] = await page.locator("#consentry-preferences").evaluate((one) => {
                const { backgroundColor, colorScheme } = getComputedStyle(one);
                return [backgroundColor, colorScheme];
              });
              assert.equal(luminance(paper) > 0.5, theme.scheme === "light", what);
              assert.equal(scheme, theme.scheme, `${what}: boxes and scroll bars as well`);
            }
          });
        }
      }
    }
  }
});

test("a site's own properties set the look, and its own rules do not reach in", async () => {
  const more = "<style>:root{--consentry-accent:#7a1f5c;--consentry-radius:0px}.consentry button{display:none}</style>";
  await visit({ viewport: DESKTOP }, { set: ["region=IE"], more }, async (page) => {
    const [first] = await drawn(page, "#consentry");
    assert.equal(first.look["background-color"], "rgb(122, 31, 92)");
    assert.equal(first.look["border-radius"], "0px");
    assert.ok(await page.locator("#consentry button").first().isVisible());
  });
});

test("every target is large enough for a thumb", async () => {
  for (const [name, region] of Object.entries(SETTINGS)) {
    await visit({ viewport: PHONE, hasTouch: true }, { set: region }, async (page) => {
      const small = () =>
        page.evaluate(() => {
          const targets = document.querySelectorAll(".consentry :is(button, label, summary), .consentry-open");
          const boxes = [...targets].map((one) => [one, one.getBoundingClientRect()]);
          const small = boxes.filter(([, { width, height }]) => width && (width < 44 || height < 43.9));
          return small.map(([one, { width, height }]) => `${one.outerHTML.slice(0, 80)}: ${width} by ${height}`);
        });
      assert.deepEqual(await small(), [], name);
      await openPreferences(page);
      await unfold(page);
      assert.deepEqual(await small(), [], name);
      const boxes = page.locator("#consentry-preferences [type=checkbox]");
      const all = await boxes.count();
      for (let i = 0; i < all; i++) {
        // A tap at the far end of the row ticks the box.
        const row = boxes.nth(i).locator("xpath=..");
        await row.tap({ position: { x: 4, y: 4 } });
        assert.equal(await boxes.nth(i).isChecked(), true, name);
      }
      await picture(page, `ticked-${name}`);
    });
  }
});

test("enlarged to 400 % everything can still be read and reached", async () => {
  for (const locale of LOCALES) {
    for (const theme of [undefined, { layout: "bar" }, { position: "center" }]) {
      await visit({ viewport: ENLARGED }, { set: ["region=GB", `locale=${locale}`], theme }, async (page) => {
        const what = `${locale} ${JSON.stringify(theme)}`;
        await picture(page, `enlarged-${locale}-${theme?.layout ?? theme?.position ?? "card"}`);
        const box = await page.locator("#consentry").boundingBox();
        assert.ok(box.height <= ENLARGED.height * 0.75 && box.y >= 0, `${what}: part of the page stays in sight`);
        const cut = () =>
          page.evaluate(() => {
            const found = [];
            for (const dialog of document.querySelectorAll("dialog[open]")) {
              if (dialog.scrollWidth > dialog.clientWidth) found.push("scrolls sideways");
              for (const one of dialog.querySelectorAll("*")) {
                const { left, right, width } = one.getBoundingClientRect();
                if (width && (left < -0.5 || right > innerWidth + 0.5)) found.push(one.outerHTML.slice(0, 80));
                if (/button|summary/i.test(one.tagName) && one.scrollWidth > one.clientWidth + 1) {
                  found.push(`text is cut: ${one.textContent}`);
                }
              }
            }
            return found;
          });
        assert.deepEqual(await cut(), [], what);
        for (const choice of ["reject-all", "accept-all", "choose"]) {
          const button = page.locator(`#consentry [value=${choice}]`);
          await button.scrollIntoViewIfNeeded();
          assert.ok(await inSight(button), `${what}: ${choice}`);
        }
        await openPreferences(page);
        await unfold(page);
        assert.deepEqual(await cut(), [], what);
        await picture(page, `enlarged-second-${locale}`);
        await assertNothingHidden(page, what);
      });
    }
  }
});

/** Whether the middle of an element is what one sees there. */
const inSight = (locator) =>
  locator.evaluate((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });

/** Whoever goes from control to control sees each (WCAG 2.2, 2.4.11). */
async function assertNothingHidden(page, what) {
  const all = await page.locator("#consentry-preferences :is(button, input:not([type=hidden]), summary, a)").count();
  await page.evaluate(() => document.querySelector("#consentry-close").focus());
  for (let i = 1; i < all; i++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const { activeElement: one } = document;
      const { x, y, width, height } = one.getClientRects()[0];
      return one.contains(document.elementFromPoint(x + width / 2, y + height / 2)) || one.outerHTML.slice(0, 120);
    });
    assert.equal(seen, true, what);
  }
}

test("the focus is never hidden behind the row of buttons", async () => {
  for (const viewport of [PHONE, DESKTOP]) {
    for (const region of ["IE", "US-CA"]) {
      await visit({ viewport }, { set: [`region=${region}`] }, async (page) => {
        await openPreferences(page);
        await unfold(page);
        await assertNothingHidden(page, `${viewport.width} ${region}`);
      });
    }
  }
});

test("the page beneath stays in use and does not move", async () => {
  const shift = (page) =>
    page.evaluate(() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (sum += value)))
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(sum), 300);
    }));
  await visit({ viewport: PHONE, reducedMotion: "no-preference" }, { set: ["region=IE"] }, async (page) => {
    assert.equal(await shift(page), 0);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus stays where it was");
    const link = page.locator("main a");
    await link.scrollIntoViewIfNeeded();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await link.focus();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.closest("dialog")?.id), "consentry");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.closest("main") !== null), true, "and out again");
  });
});

test("it reads from right to left where the language does", async () => {
  await visit({ viewport: DESKTOP }, { set: ["region=IE", "locale=ar"] }, async (page) => {
    const box = await page.locator("#consentry").boundingBox();
    assert.ok(box.x < 40, "where lines end");
    await openPreferences(page);
    await unfold(page);
    const title = await page.locator("#consentry-preferences-title").boundingBox();
    const close = await page.locator("#consentry-close").boundingBox();
    assert.ok(close.x < title.x);
    // The star of a cookie's name stands after it, as in the name.
    const order = await page.locator("bdi", { hasText: "pv_*" }).first().evaluate((one) => {
      const at = (i) => {
        const range = document.createRange();
        range.setStart(one.firstChild, i);
        range.setEnd(one.firstChild, i + 1);
        return range.getBoundingClientRect().x;
      };
      return at(0) < at(3);
    });
    assert.equal(order, true);
  });
  await visit({ viewport: DESKTOP }, { set: ["region=US-CA", "locale=ar"] }, async (page) => {
    const open = await page.locator("#consentry-open").boundingBox();
    assert.ok(open.x + open.width > DESKTOP.width - 40);
  });
});

test("with forced colours borders, focus and ticks can be seen", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const set = ["region=US-CA", "refused=marketing"];
    await visit({ viewport: DESKTOP, forcedColors: "active", colorScheme }, { set }, async (page) => {
      await picture(page, `forced-open-${colorScheme}`);
      await openPreferences(page);
      await page.locator("[name=objection]").first().focus();
      await page.keyboard.press("Space");
      await picture(page, `forced-${colorScheme}`);
      const { width, style } = await page.evaluate(() => {
        const button = document.querySelector("#consentry-preferences .consentry-buttons button");
        const { borderTopWidth: width, borderTopStyle: style } = getComputedStyle(button);
        return { width, style };
      });
      assert.deepEqual([width, style], ["1px", "solid"]);
    });
    await visit({ viewport: DESKTOP, contrast: "more", colorScheme }, { set: ["region=IE"] }, async (page) => {
      await picture(page, `contrast-${colorScheme}`);
      const border = await page.locator("#consentry").evaluate((one) => {
        const { borderTopColor, color } = getComputedStyle(one);
        return borderTopColor === color;
      });
      assert.equal(border, true);
    });
  }
});

test("the icon keeps its colours, and nothing is printed", async () => {
  const more = "<style>svg,path{fill:red;display:none}</style>";
  await visit({ viewport: DESKTOP }, { set: ["region=US-CA"], more }, async (page) => {
    const fills = await page.locator("#consentry-open path").evaluateAll((paths) =>
      paths.map((one) => getComputedStyle(one).fill));
    assert.deepEqual(fills, ["rgb(255, 255, 255)", "rgb(0, 102, 255)"]);
    assert.ok(await page.locator("#consentry-open svg").isVisible());
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#consentry-open").isVisible(), false);
  });
});

test("what stands in for a film has its size", async () => {
  const box = (style) => `<div class="consentry-placeholder" lang="en" style="${style}"><p>Kiln Films would load content
from films.example here. It stays off until you allow it.</p>
<button type="button" class="consentry-button">Load once</button>
<button type="button" class="consentry-button">Always load Kiln Films</button></div><p> </p>`;
  const boxes = box("width: 560px; height: 315px") + box("width: 300px; height: 110px");
  const more = `<section aria-label="Films">${boxes}</section>`;
  for (const colorScheme of ["light", "dark"]) {
    await visit({ viewport: DESKTOP, colorScheme }, { set: ["region=NZ"], more }, async (page) => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await picture(page, `placeholder-${colorScheme}`);
      const { width, height } = await page.locator(".consentry-placeholder").first().boundingBox();
      assert.deepEqual([width, height], [560, 315]);
      await assertAccessible(page, "placeholder");
      await page.setViewportSize(ENLARGED);
      const narrow = await page.locator(".consentry-placeholder").first().boundingBox();
      assert.ok(narrow.width <= ENLARGED.width);
    });
  }
});
