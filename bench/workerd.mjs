// What the benches in bare workerd share.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A port that nobody listens at. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The time a process has had on a processor, in seconds. The kernel counts it in hundredths. */
export function computed(pid) {
  const numbers = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(numbers[11]) + Number(numbers[12])) / 100;
}
