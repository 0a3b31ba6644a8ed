import initSqlJs, { type Database } from "sql.js";
import { defineStore, type Store } from "../../../../src/index.js";

/** A database in memory, with a table of objects. */
export async function openDatabase(): Promise<Database> {
  const { Database } = await initSqlJs();
  const database = new Database();
  database.run("CREATE TABLE objects (path TEXT PRIMARY KEY, bytes BLOB NOT NULL, version INTEGER NOT NULL)");
  return database;
}

/** A store over SQLite, with conditions that SQL decides. */
export function sqliteStore(database: Database): Store {
  let version = 0;
  const one = (sql: string, values: string[]) => {
    const statement = database.prepare(sql);
    statement.bind(values);
    const row = statement.step() ? statement.get() : undefined;
    statement.free();
    return row;
  };
  return defineStore({
    name: "sqlite",
    capability: { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true },
    get(path) {
      const row = one("SELECT bytes, version FROM objects WHERE path = ?", [path]);
      return row && { bytes: row[0] as Uint8Array, etag: `"${row[1] as number}"` };
    },
    put(path, bytes, { ifNoneMatch, ifMatch }) {
      const next = ++version;
      if (ifNoneMatch !== undefined) {
        database.run("INSERT INTO objects VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [path, bytes, next]);
      } else if (ifMatch !== undefined) {
        const sql = "UPDATE objects SET bytes = ?, version = ? WHERE path = ? AND version = ?";
        database.run(sql, [bytes, next, path, Number(ifMatch.slice(1, -1))]);
      } else {
        database.run("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", [path, bytes, next]);
      }
      return database.getRowsModified() === 1 && { etag: `"${next}"` };
    },
    delete(path, { ifMatch }) {
      if (ifMatch === undefined) return database.run("DELETE FROM objects WHERE path = ?", [path]);
      database.run("DELETE FROM objects WHERE path = ? AND version = ?", [path, Number(ifMatch.slice(1, -1))]);
      return database.getRowsModified() === 1;
    },
    *keys(prefix, { startAfter = "" }) {
      const sql = "SELECT path, length(bytes), version FROM objects WHERE path >= ? AND path > ? ORDER BY path";
      const statement = database.prepare(sql);
      statement.bind([prefix, startAfter]);
      try {
        while (statement.step()) {
          const [path, size, version] = statement.get() as [string, number, number];
          if (!path.startsWith(prefix)) return;
          yield { path, size, etag: `"${version}"` };
        }
      } finally {
        statement.free();
      }
    },
    close: () => database.close(),
  });
}
