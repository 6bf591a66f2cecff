// The Worker inside another one in Rust: `host/`, built with the crate as a dependency.

import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { startSite } from "../edge/support.mjs";
import { hosted, nothing } from "./hosted.mjs";

const root = fileURLToPath(new URL("../../target/library", import.meta.url));

let site;
before(async () => (site = await startSite({ root, origin: nothing })));
after(() => site?.stop());

hosted(() => site);
