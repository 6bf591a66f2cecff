// What an entry takes on disk, by what of it: read from the files that each side leaves behind.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { appends } from "./appends.mjs";
import { startSide } from "./sides.mjs";

/** What the tables and indices of our database are for. Those without a name here go by their own. */
const PARTS = {
  leaves: "rows: leaf, payload and the rest",
  sqlite_autoindex_leaves_1: "index by event",
  leaves_by_handle: "index by person",
  leaves_by_time: "index by time",
  payloads_by_time: "index of payloads by time",
  handles: "keys of persons",
  sqlite_autoindex_handles_1: "index of keys by person",
  tiles: "tiles of hashes",
};

function files(folder) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map(({ parentPath, name }) => join(parentPath, name));
}

/** Bytes of each table and index, and of what our rows hold. */
function inside(file) {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const pages = db.prepare("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC").all();
    const tables = pages.map(({ name, bytes }) => ({ name: PARTS[name] ?? name, bytes }));
    if (!pages.some(({ name }) => name === "leaves")) return { tables };
    const { payload, leaf } = db.prepare("SELECT sum(length(payload)) AS payload, sum(length(leaf)) AS leaf FROM leaves").get();
    return { tables, payload, leaf };
  } finally {
    db.close();
  }
}

/** Bytes an entry, of entries about persons; rows in batches are the same rows. Of many: the pages that every database has shall not count. */
export async function measureStorage({ build, seconds, only, tell }) {
  const rows = [];
  for (const id of only.filter((id) => id !== "batched")) {
    const side = await startSide(id, { build });
    try {
      await appends(side, "persons", 256, seconds);
      const entries = side.acknowledged;
      await side.end();
      const databases = files(side.state).filter((file) => file.endsWith(".sqlite"));
      const each = (bytes) => Math.round((bytes / entries) * 10) / 10;
      const parts = databases.map(inside).flatMap(({ tables, payload, leaf }) => [
        ...tables.map(({ name, bytes }) => ({ name, bytes: each(bytes) })),
        ...(payload ? [{ name: "of the rows, payload", bytes: each(payload) }, { name: "of the rows, leaf", bytes: each(leaf) }] : []),
      ]);
      // After the last transactions were written back into the database.
      const left = files(side.state).map((file) => statSync(file));
      rows.push({
        side: id, entries, files: left.length, bytes: each(left.reduce((sum, { size }) => sum + size, 0)),
        on_disk: each(left.reduce((sum, { blocks }) => sum + 512 * blocks, 0)), parts: parts.filter(({ bytes }) => bytes >= 0.1),
      });
      tell(`${id}: ${entries} entries on disk`);
    } finally {
      await side.stop();
    }
  }
  return rows;
}
