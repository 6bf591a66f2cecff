// Runs Workers in bare workerd, their objects on disk: without an emulator around it, it is up in a moment and can be
// killed at any.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const workerd = fileURLToPath(new URL("../../node_modules/workerd/bin/workerd", import.meta.url));

const KINDS = { js: "esModule", wasm: "wasm", bin: "data" };

const quoted = JSON.stringify;
const list = (items) => `[${items.join(", ")}]`;

/** A module that lies in the configuration's folder. */
export const module = (name, file = name) => `(name = ${quoted(name)}, ${KINDS[/\w+$/.exec(file)[0]]} = embed ${quoted(file)})`;

/** Copies a build of the Worker into a folder, so that it stays the same while it is used. Gives its modules. */
export function copyBuild(build, folder) {
  cpSync(build, join(folder, "build"), { recursive: true });
  const files = ["index.js", ...readdirSync(build, { recursive: true }).filter((file) => /\.(wasm|bin)$/.test(file))];
  return files.map((file) => module(file, `build/${file}`));
}

/** What a binding is bound to. */
export const text = (value) => `text = ${quoted(value)}`;
export const object = (className) => `durableObjectNamespace = ${quoted(className)}`;

/**
 * A Worker, as the configuration has it.
 *
 * @param {object} parts
 * @param {string[]} parts.modules the first is the one that is called
 * @param {Record<string, string>} [parts.bindings]
 * @param {string[]} [parts.classes] its objects' classes; they have SQLite
 * @param {string} [parts.storage] the service with the objects' files
 * @param {string[]} [parts.flags]
 */
export function worker({ modules, bindings = {}, classes = [], storage = "state", flags = [] }) {
  const bound = Object.entries(bindings).map(([name, to]) => `(name = ${quoted(name)}, ${to})`);
  const spaces = classes.map((name) => `(className = ${quoted(name)}, uniqueKey = ${quoted(name)}, enableSql = true)`);
  return `(
  modules = ${list(modules)},
  compatibilityDate = "2026-07-01",
  compatibilityFlags = ${list(flags.map(quoted))},
  bindings = ${list(bound)},
  durableObjectNamespaces = ${list(spaces)},${classes.length ? `\n  durableObjectStorage = (localDisk = ${quoted(storage)}),` : ""}
)`;
}

/**
 * Writes a configuration into a folder. The Worker `main` is the one that is asked over HTTP.
 *
 * @param {string} folder
 * @param {object} parts
 * @param {Record<string, string>} parts.workers
 * @param {Record<string, string>} [parts.disks] folders that Workers may write to
 * @param {string[]} [parts.extensions] modules that every Worker may import
 */
export function configure(folder, { workers, disks = {}, extensions = [] }) {
  const services = [
    ...Object.keys(workers).map((name) => `(name = ${quoted(name)}, worker = .${name})`),
    ...Object.entries(disks).map(([name, path]) => `(name = ${quoted(name)}, disk = (path = ${quoted(path)}, writable = true))`),
  ];
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],${
    extensions.length ? `\n  extensions = [(modules = ${list(extensions)})],` : ""
  }
);
${Object.entries(workers).map(([name, text]) => `const ${name} :Workerd.Worker = ${text};`).join("\n")}
`,
  );
}

/** Starts what a folder's configuration says. */
export async function start(folder) {
  const starting = spawnIn(folder);
  return { ...starting, port: await starting.listening };
}

/** The same, without waiting until it listens: `listening` gives the port then. */
export function spawnIn(folder) {
  const child = spawn(workerd, ["serve", "--experimental", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const gone = once(child, "exit");
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  const listening = new Promise((done, failed) => {
    createInterface(child.stdio[3]).on("line", (line) => {
      const { event, port } = JSON.parse(line);
      if (event === "listen") done(port);
    });
    gone.then(() => failed(new Error(`workerd ended before it listened: ${said}`)));
  });
  // Who kills it at once does not wait for it.
  listening.catch(() => {});
  const end = async (signal) => {
    child.kill(signal);
    await gone;
  };
  return {
    pid: child.pid,
    listening,
    said: () => said,
    /** Ends it where it stands, as a crash would. */
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
