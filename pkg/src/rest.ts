/** What few visitors need: placeholders and frames, their data, an earlier tool's decision, a diagnosis. */

import { drop, fetchAsDevice } from "./device.js";
import { diagnose } from "./diagnose.js";
import { migrate } from "./migrate.js";
import { personalData, prove, rights } from "./panel.js";
import { hold, sweep } from "./placeholders.js";
import { signals } from "./signals.js";
import { share, type Page } from "./state.js";
import type { Rest, Tools } from "./tools.js";

export default function (page: Page, tools: Tools): Rest {
  share(page);
  for (const type of ["consent", "change"]) addEventListener("consentry:" + type, () => void setTimeout(sweep));
  return {
    hold_: (tags, wakeOnce) => hold(tags, wakeOnce, tools),
    import_: () => migrate(tools),
    signals_: signals,
    prove_: () => prove(tools),
    rights_: (by) => rights(tools, by),
    personalData_: (form) => personalData(form, tools),
    diagnose_: () => diagnose(tools),
    edge_: () => ({ base: page.plan_.base, fetch: fetchAsDevice }),
    drop_: drop,
  };
}
