import { cookie } from "./left.js";
import { page } from "./state.js";
import { stored } from "./storage.js";
import type { Tools } from "./tools.js";

/** Has the decision of an earlier tool taken over, where there is one. */
export async function migrate(tools: Tools): Promise<void> {
  const imported: Record<string, string> = {};
  for (const [tool, name] of Object.entries(page.plan_.migrate!)) {
    const kept = stored(name) ?? cookie(name);
    if (kept) imported[tool] = kept;
  }
  if (Object.keys(imported)[0]) await tools.import_(imported);
}
