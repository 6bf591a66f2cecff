import { find } from "./find.js";
import { insert } from "./insert.js";
import { attach, script } from "./start.js";
import { page } from "./state.js";
import type { Dialogs, Plan } from "./types.js";

/** What the edge sends along with the tag, so that a page waits for nothing else. */
const given = (script as { consentry?: Dialogs } | null)?.consentry;

/** Takes what came along, unless the page says that it wants another language, or knows of an age. */
async function plan(): Promise<Plan> {
  const { src, dataset } = script!;
  const { locale, age } = dataset;
  const wanted = locale || (!/[?&]locale=/.test(src) && document.documentElement.lang) || "";
  const fits = given && (!wanted || wanted.startsWith(given.plan.locale)) && (!age || age === given.plan.age);
  if (fits) page.dialogs_ = given;
  return fits ? given.plan : find({ base_: new URL("..", src), locale_: locale, age_: age });
}

// The loader for pages that carry nothing but its tag. It fails as the other does.
try {
  attach({
    find_: plan,
    insert_: insert,
    load_: () => import(page.plan_.more),
    // By its whole address: to a script of another origin the browser says of none where it is.
    gate_: () => import(new URL("./g.js", script!.src) as unknown as string),
  });
} catch {}
