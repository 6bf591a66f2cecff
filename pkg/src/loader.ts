import { attach } from "./start.js";
import { page } from "./state.js";

// The tag for pages that build nothing. Whatever a page did to its globals, this does not stop it:
// without the loader everything stays denied and the forms still work.
try {
  attach({ load_: () => import(page.plan_.more) });
} catch {}
