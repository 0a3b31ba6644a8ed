// Lists a million objects by `usage` and by `collect`, in a process of its own, and prints what that took.
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ListOptions, ObjectInfo } from "../../../src/store/store.js";

const OBJECTS = Number(process.argv[2]);
const A_PAGE = 1000; // of S3, GCS and most of their kind
const SCOPES = 10_000;
const IN_SCOPE = OBJECTS / SCOPES;
const HOUR = 3_600_000;
const OVER = new Date(Date.now() - 24 * HOUR).toISOString().slice(0, 13);
const DUE = new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 13);

/** Holds nothing of what it lists: three objects that have time for each one that is over. */
class EndlessStore extends MemoryStore {
  pages = 0;
  deleted = 0;
  writes = 0;
  reads = 0;

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    if (!prefix.startsWith("outputs/")) return yield* super.list(prefix, options);
    const lastModified = new Date();
    for (let index = 0; index < OBJECTS; index++) {
      if (index % A_PAGE === 0) {
        this.pages++;
        await new Promise(setImmediate); // as a request takes a turn of the event loop
      }
      const scope = String(Math.floor((index * SCOPES) / OBJECTS)).padStart(8, "0");
      // A quarter of them: in a scope of many those come first, as paths are sorted.
      const isOver = IN_SCOPE < 4 ? index % 4 === 0 : index % IN_SCOPE < IN_SCOPE / 4;
      const label = isOver ? OVER : DUE;
      const name = index.toString(16).padStart(64, "0");
      yield { path: `outputs/${scope}/@${label}/${name}.json`, size: 5000, lastModified };
    }
  }

  override read(...args: Parameters<MemoryStore["read"]>): ReturnType<MemoryStore["read"]> {
    this.reads++;
    return super.read(...args);
  }

  override write(...args: Parameters<MemoryStore["write"]>): ReturnType<MemoryStore["write"]> {
    this.writes++;
    return super.write(...args);
  }

  override delete(): Promise<void> {
    this.deleted++;
    return Promise.resolve();
  }
}

/** Runs something, and gives the bytes that the process took more than before, at its most. */
async function measured<T>(run: () => Promise<T>): Promise<{ value: T; mebibytes: number; seconds: number }> {
  globalThis.gc!();
  const idle = process.memoryUsage.rss();
  let most = idle;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  const begun = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(begun);
  clearInterval(watch);
  return {
    value,
    mebibytes: (Math.max(most, process.memoryUsage.rss()) - idle) / 2 ** 20,
    seconds: (user + system) / 1e6,
  };
}

async function main(): Promise<void> {
  const counted = new EndlessStore();
  const usage = await measured(async () => {
    let scopes = 0;
    let objects = 0;
    for await (const row of new StorageManager({ store: counted }).usage()) {
      scopes++;
      objects += row.objects;
    }
    return { scopes, objects, pages: counted.pages };
  });
  const store = new EndlessStore();
  const collect = await measured(async () => {
    const { scanned, deleted, complete } = await new StorageManager({ store }).collect({ all: true });
    const { pages, writes, reads } = store;
    return { scanned, deleted, complete, pages, writes, reads, deletes: store.deleted };
  });
  process.stdout.write(JSON.stringify({ usage, collect }));
}

void main();
