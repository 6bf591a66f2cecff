// A Worker of which only the log runs: what it is asked goes to the object as it is.

export { AuditLog } from "./index.js";

export default {
  fetch: (request, env) => env.AUDIT_LOG.getByName("site").fetch("https://object/", request),
};
