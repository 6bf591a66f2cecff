import { cookies } from "./left.js";
import { stored } from "./storage.js";
import type { Tools } from "./tools.js";

/** The earlier tools whose decision may lie in local storage; those in cookies the edge sees itself. */
const TOOLS = { cookieconsent: "cc_cookie", klaro: "klaro", c15t: "c15t", fides: "fides_consent" };

/** Has the decision of an earlier tool taken over, where there is one. */
export async function migrate(tools: Tools): Promise<void> {
  const imported: Record<string, string> = {};
  for (const [tool, key] of Object.entries(TOOLS)) {
    const kept = stored(key);
    if (kept) imported[tool] = kept;
  }
  const names = [...Object.values(TOOLS), "eu-consent"];
  if (Object.keys(imported)[0] || cookies().some((name) => names.includes(name))) await tools.import_(imported);
}
