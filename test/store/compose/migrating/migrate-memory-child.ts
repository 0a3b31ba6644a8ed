// Migrates so many objects, of which the other store lacks every tenth, and prints what came of it, and how many bytes that
// took above what the process took before, the most that was seen: of memory, and of what a garbage collection leaves.
import { migrate } from "../../../../src/store/compose/migrating/migrate.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { bytesResult } from "../../../../src/store/read-result.js";
import type { ListOptions, ObjectInfo, ReadResult, Store } from "../../../../src/store/store.js";

const BYTES = new Uint8Array(100);
const PAGE = 1000;

function described(path: string): ObjectInfo {
  return { path, size: BYTES.byteLength, etag: `"${path}"`, lastModified: new Date() };
}

/** A store of objects that are made when they are asked for: page by page, as services list them. */
function madeUp(count: number, isThere: (place: number) => boolean = () => true): Store {
  async function* list(_: string, { startAfter = "" }: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    for (let begin = 0; begin < count; begin += PAGE) {
      const page: ObjectInfo[] = [];
      for (let i = begin; i < Math.min(begin + PAGE, count); i++) {
        if (isThere(i)) page.push(described(`outputs/run-${String(i).padStart(9, "0")}/step/payload.json`));
      }
      await new Promise(setImmediate);
      for (const object of page) if (object.path > startAfter) yield object;
    }
  }
  const verbs = {
    list,
    read: (path: string): Promise<ReadResult> => Promise.resolve(bytesResult(described(path), BYTES)),
    stat: (path: string): Promise<ObjectInfo> => Promise.resolve(described(path)),
    write: async (path: string, body: AsyncIterable<Uint8Array>): Promise<ObjectInfo> => {
      for await (const chunk of body) if (chunk.byteLength > PAGE) throw new Error("Nobody wrote that.");
      return described(path);
    },
  };
  return Object.assign(new MemoryStore(), verbs);
}

function hasMost(place: number): boolean {
  return place % 10 !== 0;
}

async function main(count: number): Promise<void> {
  await migrate({ from: madeUp(1000), to: madeUp(1000, hasMost) }); // to have everything loaded
  const live = (): number => {
    globalThis.gc!();
    return process.memoryUsage().heapUsed;
  };
  const [idle, idleLive] = [process.memoryUsage.rss(), live()];
  let [peak, peakLive] = [idle, idleLive];
  const result = await migrate({
    from: madeUp(count),
    to: madeUp(count, hasMost),
    onProgress: ({ copied, skipped }) => {
      const done = copied + skipped;
      if (done % 100 === 0) peak = Math.max(peak, process.memoryUsage.rss());
      if (done % (count / 4) === 0) peakLive = Math.max(peakLive, live());
    },
  });
  process.stdout.write(JSON.stringify({ ...result, took: peak - idle, kept: peakLive - idleLive }));
}

void main(Number(process.argv[2]));
