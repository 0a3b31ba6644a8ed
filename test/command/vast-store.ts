import type { ListOptions, ObjectInfo, ReadResult } from "../../src/store/store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { bytesResult } from "../../src/store/read-result.js";

const WRITTEN = new Date(Date.UTC(2026, 0, 1));
const BODY = Buffer.from('{"v":1}\n\n\n');

/** A store of so many objects that are nowhere: its listing makes them up, and what is written is gone. */
export class VastStore extends MemoryStore {
  /** Objects that were listed, copied or written, and deleted. */
  readonly counts = { listed: 0, written: 0, deleted: 0 };

  constructor(
    private readonly objects: number,
    private readonly isLacking: (index: number) => boolean = () => false,
  ) {
    super();
  }

  override async *list(prefix: string, { startAfter = "" }: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    for (let index = 0; index < this.objects; index++) {
      const path = pathOf(index);
      if (!path.startsWith(prefix) || path <= startAfter || this.isLacking(index)) continue;
      if (index % 1000 === 0) await new Promise(setImmediate); // as a request takes a turn of the event loop
      this.counts.listed++;
      yield { path, size: BODY.byteLength, lastModified: WRITTEN };
    }
  }

  override read(path: string): Promise<ReadResult> {
    return Promise.resolve(bytesResult({ path, size: BODY.byteLength }, BODY, { store: this.name }));
  }

  override write(path: string): Promise<ObjectInfo> {
    this.counts.written++;
    return Promise.resolve({ path, size: BODY.byteLength });
  }

  override copy(_from: string, to: string): Promise<ObjectInfo> {
    return this.write(to);
  }

  override delete(): Promise<void> {
    this.counts.deleted++;
    return Promise.resolve();
  }
}

/** A fifth of them have a label that is over. */
function pathOf(index: number): string {
  const scope = String(Math.floor(index / 10)).padStart(7, "0");
  const label = index % 10 >= 8 ? "@2026-01-02/" : "";
  return `outputs/${scope}/${label}${(index % 10).toString(16).padEnd(64, "0")}.json`;
}
