import { attach, script } from "./start.js";
import { page } from "./state.js";

// The tag for pages that build nothing. Whatever a page did to its globals, this does not stop it:
// without the loader everything stays denied and the forms still work.
try {
  attach({
    load_: () => import(page.plan_.more),
    // By its whole address: to a script of another origin the browser says of none where it is.
    gate_: () => import(new URL("./g.js", script!.src) as unknown as string),
  });
} catch {}
