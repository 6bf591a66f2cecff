import { find } from "./find.js";
import { insert } from "./insert.js";
import { attach, script } from "./start.js";
import { page } from "./state.js";
import type { Dialogs } from "./types.js";

/** What the edge sends along with the tag, so that a page waits for nothing else. */
const given = (script as { consentry?: Dialogs } | null)?.consentry;

/** Whether it fits: not where the page says that it wants another language, or knows of an age. */
function fits({ plan }: Dialogs): boolean {
  const { src, dataset } = script!;
  const wanted = dataset["locale"] || (!/[?&]locale=/.test(src) && document.documentElement.lang) || "";
  const age = dataset["age"];
  return (!wanted || wanted.startsWith(plan.locale)) && (!age || age === plan.age);
}

// The loader for pages that carry nothing but its tag. It fails as the other does.
try {
  const { src, dataset } = script!;
  page.dialogs_ = given && fits(given) ? given : undefined;
  attach({
    plan_: page.dialogs_?.plan,
    find_: () => find({ base_: new URL("..", src), locale_: dataset["locale"], age_: dataset["age"] }),
    insert_: insert,
    load_: () => import(page.plan_.more),
    // By its whole address: to a script of another origin the browser says of none where it is.
    gate_: () => import(new URL("./g.js", src) as unknown as string),
  });
} catch {}
