import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createReadStream, openAsBlob } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../../src/configure/options.js";
import type { StorageEvent } from "../../../src/observe/event.js";
import type { BubustackReference, StorageReference } from "../../../src/reference/reference.js";
import { sha256Digest } from "../../../src/bytes/digest.js";
import { FileStore } from "../../../src/store/drivers/file/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { codePoint } from "../../support/code-point.js";
import { failureOf } from "../../support/failure.js";
import { limited } from "../../support/limited-store.js";
import { RecordingStore } from "../../support/recording-store.js";
import { objectsOf } from "../../support/stored.js";
import { reusedChunks, someBytes, STREAMS } from "../../support/stream-sources.js";

const PACKED = 262_144;
const HEAD = 5_242_880;
const LONG = someBytes(HEAD + 500_000);

function contentPath(bytes: Uint8Array): string {
  return `outputs/s/${createHash("sha256").update(bytes).digest("hex")}.bin`;
}

function newManager(options: Partial<StorageManagerOptions> = {}) {
  const store = new RecordingStore();
  return { store, manager: new StorageManager({ store, ...options }) };
}

async function opened(manager: StorageManager, reference: StorageReference | BubustackReference): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await manager.open(reference)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe.each(STREAMS)("%s", (_name, source) => {
  it.each([0, 1, PACKED - 1, PACKED, PACKED + 1, HEAD - 1, HEAD, HEAD + 1, LONG.byteLength])(
    "of %d bytes comes back by open and by hydrate",
    async (size) => {
      const { manager } = newManager();
      const bytes = someBytes(size);
      const { value } = (await manager.dehydrate({ value: source(bytes) }, { scope: "s" })) as {
        value: StorageReference;
      };
      expect(value).toMatchObject({ $storageSize: size, $storageDigest: sha256Digest(bytes) });
      expect((await opened(manager, value)).equals(bytes)).toBe(true);
      const hydrated = await manager.hydrate<{ value: Uint8Array }>({ value });
      expect(Buffer.compare(hydrated.value, bytes)).toBe(0);
    },
  );

  it.each([HEAD, LONG.byteLength])("of %d bytes leaves one object, by the digest of its content", async (size) => {
    const { manager, store } = newManager();
    const bytes = someBytes(size);
    const reference = (await manager.dehydrate(source(bytes), { scope: "s" })) as StorageReference;
    expect(reference.$storageRef).toBe(contentPath(bytes));
    expect([...(await objectsOf(store.inner)).keys()]).toEqual([contentPath(bytes)]);
  });

  it("is an object of its own with pack: false", async () => {
    const { manager, store } = newManager({ pack: false });
    const payload = [source(someBytes(10, "a")), source(someBytes(10, "b"))];
    const references = (await manager.dehydrate(payload, { scope: "s" })) as StorageReference[];
    expect(references.map(({ $storageRef }) => $storageRef)).toEqual([
      contentPath(someBytes(10, "a")),
      contentPath(someBytes(10, "b")),
    ]);
    expect((await objectsOf(store.inner)).size).toBe(2);
  });

  it("leaves its bytes as one object in the bubustack dialect, without a copy", async () => {
    const { manager, store } = newManager({ dialect: "bubustack" });
    const result = (await manager.dehydrate({ a: [source(LONG)] }, { scope: "s" })) as { a: [BubustackReference] };
    expect(result.a[0].$bubuStorageRef).toBe("outputs/s/a.0.bin");
    expect(store.calls.map(({ operation, path }) => [operation, path])).toEqual([["write", "outputs/s/a.0.bin"]]);
    expect((await opened(manager, result.a[0])).equals(LONG)).toBe(true);
  });
});

it("a stream that is not long is written once, by the digest of its content", async () => {
  const { manager, store } = newManager();
  await manager.dehydrate({ stream: reusedChunks(LONG.subarray(0, HEAD)) }, { scope: "s" });
  expect(store.calls.map(({ operation, path }) => [operation, path])).toEqual([
    ["write", contentPath(LONG.subarray(0, HEAD))],
  ]);
});

describe("a long stream", () => {
  it("is written under a temporary name of its scope, copied to that of its content, and the temporary deleted", async () => {
    const { manager, store } = newManager();
    await manager.dehydrate({ stream: reusedChunks(LONG) }, { scope: "s" });
    const [temporary] = store.paths("write");
    expect(temporary).toMatch(/^outputs\/s\/[0-9a-f-]{36}\.part$/);
    expect(store.calls.map(({ operation, path }) => [operation, path])).toEqual([
      ["write", temporary],
      ["copy", contentPath(LONG)],
      ["delete", temporary],
    ]);
  });

  it("keeps its media type", async () => {
    const { manager, store } = newManager();
    const blob = new Blob([LONG], { type: "image/png" });
    await manager.dehydrate({ blob, stream: reusedChunks(someBytes(HEAD + 1, "b")) }, { scope: "s" });
    expect((await store.stat(contentPath(LONG)))?.contentType).toBe("image/png");
    expect((await store.stat(contentPath(someBytes(HEAD + 1, "b"))))?.contentType).toBe("application/octet-stream");
  });

  it("of one huge chunk goes to the store in pieces, none of them copied", async () => {
    const whole = someBytes(HEAD * 2 + 7);
    const pieces: Uint8Array[] = [];
    const { manager, store } = newManager();
    const write = store.inner.write.bind(store.inner);
    store.inner.write = async (path, body, options) => {
      for await (const piece of body as AsyncIterable<Uint8Array>) pieces.push(piece);
      return write(path, Buffer.concat(pieces), options);
    };
    await manager.dehydrate({ stream: Readable.from([whole]) }, { scope: "s" });
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
    expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBe(1_048_576);
    expect(pieces.slice(5).every(({ buffer }) => buffer === whole.buffer)).toBe(true); // five were read before
  });

  it("is read once for all its places, and two of the same content are one object", async () => {
    const { manager, store } = newManager();
    const stream = Readable.from([LONG]);
    const result = (await manager.dehydrate([stream, { again: stream }, reusedChunks(LONG)], { scope: "s" })) as [
      StorageReference,
      { again: StorageReference },
      StorageReference,
    ];
    expect(result[1].again).toEqual(result[0]);
    expect(result[2]).toEqual(result[0]);
    expect(store.paths("write")).toHaveLength(2);
    expect([...(await objectsOf(store.inner)).keys()]).toEqual([contentPath(LONG)]);
  });

  it("in several places has an object at each in the bubustack dialect, where the store can copy", async () => {
    const { manager, store } = newManager({ dialect: "bubustack" });
    const stream = reusedChunks(LONG);
    const result = (await manager.dehydrate({ a: stream, b: stream }, { scope: "s" })) as Record<
      "a" | "b",
      BubustackReference
    >;
    expect([result.a.$bubuStorageRef, result.b.$bubuStorageRef]).toEqual(["outputs/s/a.bin", "outputs/s/b.bin"]);
    expect((await opened(manager, result.b)).equals(LONG)).toBe(true);
    expect(store.paths("write")).toEqual(["outputs/s/a.bin"]);

    const limitedManager = new StorageManager({ store: limited(["copy"]), dialect: "bubustack" });
    const other = reusedChunks(LONG);
    const shared = (await limitedManager.dehydrate({ a: other, b: other }, { scope: "s" })) as typeof result;
    expect(shared.b).toEqual(shared.a);
    expect((await opened(limitedManager, shared.b)).equals(LONG)).toBe(true);
  });

  it("stays a reference of its own in a value that leaves whole", async () => {
    const { manager } = newManager();
    const payload = { stream: reusedChunks(LONG), text: "x".repeat(2000) };
    const root = (await manager.dehydrate(payload, { maxRecursionDepth: 0 })) as StorageReference;
    expect(root.$storageContentType).toBe("application/json");
    const hydrated = await manager.hydrate<{ stream: Uint8Array }>(root);
    expect(Buffer.compare(hydrated.stream, LONG)).toBe(0);
  });

  it("keeps a name of its own where the store can't copy", async () => {
    const withoutMethod = new MemoryStore();
    Object.assign(withoutMethod, { copy: undefined });
    for (const store of [limited(["copy"]), withoutMethod]) {
      const manager = new StorageManager({ store });
      const reference = (await manager.dehydrate(reusedChunks(LONG), { scope: "s" })) as StorageReference;
      expect(reference.$storageRef).toMatch(/^outputs\/s\/[0-9a-f-]{36}\.bin$/);
      expect(reference).toMatchObject({ $storageSize: LONG.byteLength, $storageDigest: sha256Digest(LONG) });
      expect((await opened(manager, reference)).equals(LONG)).toBe(true);
      expect((await objectsOf(store)).size).toBe(1);
      const blob = (await manager.dehydrate(new Blob([LONG]), { scope: "t" })) as StorageReference;
      expect(blob.$storageRef).toBe(contentPath(LONG).replace("/s/", "/t/")); // no copy is needed for a Blob
    }
  });

  it("goes where the prefix says, also to another store", async () => {
    const { manager, store } = newManager({ allow: ["pre/fix"] });
    await manager.dehydrate(reusedChunks(LONG), { scope: "run 1/a", prefix: "pre/fix" });
    expect([...(await objectsOf(store.inner)).keys()]).toEqual([
      contentPath(LONG).replace("outputs/s", "pre/fix/run 1/a"),
    ]);
  });

  it("is told of with its real size", async () => {
    const events: StorageEvent[] = [];
    const manager = new StorageManager({ store: new MemoryStore(), observer: (event) => events.push(event) });
    await manager.dehydrate({ stream: reusedChunks(LONG) }, { scope: "s", stepRunId: "run" });
    expect(events.map(({ operation, bytes, objects, stepRunId }) => [operation, bytes, objects, stepRunId])).toEqual([
      ["write", LONG.byteLength, 1, "run"],
      ["copy", 0, 1, "run"],
      ["delete", 0, 1, "run"],
      ["dehydrate", expect.any(Number), 1, "run"],
    ]);
  });

  it("comes back whatever its chunks are", async () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: codePoint, maxLength: 20 }));
    const chunks = fc.array(fc.oneof(piece, fc.integer({ min: 1, max: 3_000_000 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chunks, async (given) => {
        const parts = given.map((part) => (typeof part === "number" ? someBytes(part) : part));
        const { manager } = newManager();
        const reference = (await manager.dehydrate(Readable.from(parts))) as StorageReference;
        const expected = expectedBytes(parts);
        expect((await opened(manager, reference)).equals(expected)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

/** Strings that follow each other are one text. */
function expectedBytes(parts: readonly (Uint8Array | string)[]): Buffer {
  const joined: (Uint8Array | string)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else if (part.length > 0) joined.push(part);
  }
  return Buffer.concat(joined.map((part) => Buffer.from(part as string)));
}

describe("in a FileStore", () => {
  let root: string;

  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), "streams-"))));
  afterEach(() => rm(root, { recursive: true }));

  it("streams from files, and leaves nothing but their content", async () => {
    const file = join(root, "source");
    await writeFile(file, LONG);
    const store = new FileStore({ root: join(root, "store"), fsync: false });
    const manager = new StorageManager({ store });
    const blob = await openAsBlob(file, { type: "image/png" });
    const references = (await manager.dehydrate([createReadStream(file), blob], { scope: "s" })) as StorageReference[];
    for (const reference of references) expect((await opened(manager, reference)).equals(LONG)).toBe(true);
    const files = (await readdir(join(root, "store"), { recursive: true, withFileTypes: true })).filter((e) =>
      e.isFile(),
    );
    expect(files).toHaveLength(1);
    await store.close();
  });

  it("refuses a Blob whose file changes while it is read", async () => {
    const file = join(root, "source");
    await writeFile(file, LONG);
    const blob = await openAsBlob(file);
    const store = new RecordingStore();
    const write = store.inner.write.bind(store.inner);
    store.inner.write = async (path, body, options) => {
      await writeFile(file, "changed after its digest was computed");
      return write(path, body, options);
    };
    const error = await failureOf(new StorageManager({ store }).dehydrate({ blob }));
    expect(error).toMatchObject({
      code: "UNEXPECTED",
      operation: "dehydrate",
      message: expect.stringContaining("$.blob"),
    });
    expect(await objectsOf(store.inner)).toEqual(new Map());
  });
});
