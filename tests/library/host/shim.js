// What is deployed of the host: the entry points and the objects' classes, as its own build tool would export them.

import { fetch, scheduled } from "./index.js";

export { AuditLog, Registry, Subject } from "./index.js";

export default { fetch, scheduled };
