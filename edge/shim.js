// What is deployed: the Worker by itself. Whatever else were exported could be called over RPC.

export { AuditLog, default, Registry, Subject } from "./guard.js";
