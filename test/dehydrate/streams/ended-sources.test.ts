import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync, type ReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { DehydrateOptions } from "../../../src/configure/options.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { StorageError } from "../../../src/errors/error.js";
import { FileStore } from "../../../src/store/drivers/file/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { StoreBody, WriteOptions } from "../../../src/store/store.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { turn } from "../../support/turn.js";

let directory: string;
let file: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "ended-sources-"));
  file = join(directory, "film.bin");
  writeFileSync(file, Buffer.alloc(300_000, 1));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function openStream(): Promise<ReadStream> {
  const stream = createReadStream(file);
  await once(stream, "open");
  return stream;
}

/** Bring the store, the payload around the stream, and the options to a call that fails. */
type Refused = [string, (stream: ReadStream) => { value: unknown; options?: DehydrateOptions; store?: boolean }];

const REFUSED: Refused[] = [
  ["a BigInt before it", (s) => ({ value: { n: 1n, s } })],
  ["a BigInt after it", (s) => ({ value: { s, n: 1n } })],
  ["an aborted signal", (s) => ({ value: { s }, options: { signal: AbortSignal.abort() } })],
  ["a bad scope", (s) => ({ value: { s }, options: { scope: "../x" } })],
  ["an unknown option", (s) => ({ value: [[s]], options: { shema: "x" } as DehydrateOptions })],
  ["no store", (s) => ({ value: { s }, store: false })],
  ["an unknown scheme", (s) => ({ value: { s }, options: { prefix: "ftp://h/x" } })],
  [
    "a failing getter",
    (s) => ({
      value: {
        get dead() {
          throw new Error("x");
        },
        s,
      },
    }),
  ],
  ["a destroyed stream before it", (s) => ({ value: { dead: Readable.from(["x"]).destroy(), s } })],
  ["a Map that holds it", (s) => ({ value: { map: new Map([["s", s]]) } })],
  [
    "a cycle",
    (s) => {
      const value: Record<string, unknown> = { s };
      value["self"] = value;
      return { value: { first: value } };
    },
  ],
];

describe.each(["dehydrate", "dehydrateInputs"] as const)("%s ends what it was handed", (method) => {
  it.each(REFUSED)("with %s", async (_name, make) => {
    const stream = await openStream();
    const { value, options, store = true } = make(stream);
    const manager = new StorageManager(store ? { store: new MemoryStore() } : {});
    await failureOf(manager[method](value, options));
    if (!stream.closed) await once(stream, "close");
    expect(stream.destroyed).toBe(true);
  });

  it("but plan does not", async () => {
    const stream = await openStream();
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(() => manager.plan({ s: stream, n: 1n })).toThrow(StorageError);
    manager.plan({ s: stream });
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });

  it("of every kind, once", async () => {
    let returned = 0;
    let cancelled = 0;
    const web = new ReadableStream({
      cancel: () => {
        cancelled++;
      },
    });
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        // One that hangs in its end hangs nobody else.
        return: () =>
          new Promise<never>(() => {
            returned++;
          }),
      }),
    };
    let ran = 0;
    const payload = {
      web,
      iterable,
      again: iterable,
      get once() {
        ran++;
        return 1n;
      },
    };
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(() => manager.plan(payload)).toThrow(StorageError);
    const planned = ran;
    await failureOf(manager[method](payload));
    await turn();
    expect([returned, cancelled, ran]).toEqual([1, 1, 2 * planned]);
  });
});

it("Many refused calls leave no descriptor open", async () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  const descriptors = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
  const before = descriptors();
  for (let i = 0; i < 200; i++) {
    const streams = await Promise.all([openStream(), openStream()]);
    await failureOf(manager.dehydrate({ n: 1n, a: streams[0], b: [streams[1]] }));
    await Promise.all(streams.filter(({ closed }) => !closed).map((stream) => once(stream, "close")));
  }
  expect(descriptors()).toBeLessThanOrEqual(before + 2);
});

describe("writeBlob ends what it was handed", () => {
  it.each<[string, string, WriteOptions, boolean]>([
    ["a bad path", "../x", {}, true],
    ["another's path", "\0", {}, true],
    ["a bad option", "outputs/x", { size: -1 }, true],
    ["a signal that is none", "outputs/x", { signal: 5 as never }, true],
    ["an aborted signal", "outputs/x", { signal: AbortSignal.abort() }, true],
    ["no store", "outputs/x", {}, false],
  ])("with %s", async (_name, path, options, hasStore) => {
    const stream = await openStream();
    const manager = new StorageManager(hasStore ? { store: new FileStore({ root: directory }) } : {});
    await failureOf(manager.writeBlob(path, stream as StoreBody, options));
    if (!stream.closed) await once(stream, "close");
    expect(stream.destroyed).toBe(true);
  });
});

describe("An error of a source keeps its code", () => {
  it.each(["UNAVAILABLE", "NOT_FOUND"] as const)("%s, also of the result of a read", async (code) => {
    const inner = new MemoryStore();
    const plain = new StorageManager({ store: inner });
    const reference = (await plain.dehydrate(Buffer.alloc(200_000, 7))) as never;
    const faults = [{ on: "read" as const, fault: { truncate: 100, error: code } }];
    const src = new StorageManager({ store: new FaultStore(inner, { seed: 1, faults }) });
    const dst = new StorageManager({ store: new MemoryStore() });
    const retryable = code === "UNAVAILABLE";
    const dehydrated = await failureOf(dst.dehydrate({ film: await src.open(reference) }));
    expect(dehydrated).toMatchObject({ code, retryable, operation: "dehydrate" });
    expect(dehydrated.message).toContain("$.film");
    const written = await failureOf(dst.writeBlob("outputs/x", await src.open(reference)));
    expect(written).toMatchObject({ code, retryable, operation: "write" });
  });

  it("but for ABORTED, which only the caller's signal makes", async () => {
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(Buffer.of(1));
      throw new StorageError("ABORTED", "another call");
    }
    const dst = new StorageManager({ store: new MemoryStore() });
    expect((await failureOf(dst.dehydrate({ a: source() }))).code).toBe("UNEXPECTED");
    expect((await failureOf(dst.writeBlob("outputs/x", source()))).code).toBe("UNEXPECTED");
  });
});
