import { PassThrough, Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { failureOf } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { objectsOf } from "../../support/stored.js";
import { someBytes, WatchedStream } from "../../support/stream-sources.js";
import { turn } from "../../support/turn.js";

const LONG = someBytes(5_500_000);

describe("a stream that can't be read any more is refused, not stored as empty", () => {
  const spent: [string, () => Promise<object>][] = [
    [
      "a Readable that was read",
      async () => {
        const stream = Readable.from(["abc"]);
        for await (const chunk of stream) expect(chunk).toBe("abc");
        return stream;
      },
    ],
    ["a Readable that was destroyed", async () => Promise.resolve(Readable.from(["abc"]).destroy())],
    [
      "a web stream that was read",
      async () => {
        const stream = ReadableStream.from(["abc"]);
        for await (const chunk of stream) expect(chunk).toBe("abc");
        return stream;
      },
    ],
    [
      "a web stream of which a part was read",
      async () => {
        const stream = ReadableStream.from(["abc", "def"]);
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
        return stream;
      },
    ],
    [
      "a web stream that is locked",
      async () => {
        const stream = ReadableStream.from(["abc"]);
        stream.getReader();
        return Promise.resolve(stream);
      },
    ],
    [
      "a web stream that was cancelled",
      async () => {
        const stream = ReadableStream.from(["abc"]);
        await stream.cancel();
        return stream;
      },
    ],
    [
      "an iterable whose iterator can't be made",
      async () => {
        return Promise.resolve({
          [Symbol.asyncIterator]: () => {
            throw new Error("SECRET");
          },
        });
      },
    ],
  ];

  it.each(spent)("%s", async (_name, make) => {
    const store = new MemoryStore();
    const before = new WatchedStream(LONG);
    const after = new WatchedStream(LONG);
    const error = await failureOf(
      new StorageManager({ store }).dehydrate({ before, list: [await make()], after, text: longText("a") }),
    );
    expect(error).toMatchObject({ code: "UNEXPECTED", operation: "dehydrate", cause: expect.any(Error) });
    expect(error.message).toContain("$.list[0]");
    expect(error.message).not.toContain("SECRET");
    expect([before.given, after.given, before.closed]).toEqual([0, 0, 1]);
    expect(await objectsOf(store)).toEqual(new Map());
  });

  it("a stream whose failure came before its turn, with that failure as the cause", async () => {
    const cause = new Error("no such file");
    const stream = new PassThrough();
    stream.on("error", () => undefined);
    stream.destroy(cause);
    const error = await failureOf(new StorageManager({ store: new MemoryStore() }).dehydrate({ stream }));
    expect(error).toMatchObject({ code: "UNEXPECTED", cause });
  });

  it("but a Readable of which the beginning was looked at is", async () => {
    const stream = new PassThrough();
    stream.end("abcdef");
    const start = stream.read(3) as Buffer;
    stream.unshift(start);
    const manager = new StorageManager({ store: new MemoryStore() });
    const bytes = await manager.hydrate<Uint8Array>(await manager.dehydrate(stream));
    expect(Buffer.from(bytes).toString()).toBe("abcdef");
  });
});

describe("streams that are given up", () => {
  it("are destroyed and cancelled, those too that hang and those that were not read yet", async () => {
    const cancelled: unknown[] = [];
    const web = (): ReadableStream => new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    const node = (): Readable => new Readable({ read: () => undefined });
    const nodes = [node(), node(), node()];
    const failure = new Error("broken");
    const failing = new WatchedStream(new Uint8Array(0), failure);
    const manager = new StorageManager({ store: new MemoryStore(), concurrency: 3 });
    const error = await failureOf(manager.dehydrate([nodes[0], web(), failing, nodes[1], web(), nodes[2]]));
    expect(error.cause).toBe(failure);
    await turn();
    expect(nodes.map(({ destroyed, errored }) => [destroyed, errored])).toEqual(nodes.map(() => [true, null]));
    expect(cancelled).toEqual([error, error]);
  });

  it("do not end the process when they fail before their turn, or later", async () => {
    const cause = new Error("broken");
    const early = new Readable({ read: () => undefined });
    const first = new WatchedStream(someBytes(10), "hang");
    const controller = new AbortController();
    const manager = new StorageManager({ store: new MemoryStore(), concurrency: 1 });
    const call = failureOf(manager.dehydrate([first, early], { signal: controller.signal }));
    await first.exhausted;
    early.destroy(cause);
    await turn(); // an "error" that nobody hears would fail this test
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED" });
  });

  it.each(["a text", null, undefined, 7])("may fail with %p", async (thrown) => {
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw thrown as unknown as Error;
        },
      }),
    };
    const error = await failureOf(new StorageManager({ store: new MemoryStore() }).dehydrate([stream]));
    expect([error.code, error.cause]).toEqual(["UNEXPECTED", thrown]);
  });

  it.each([[undefined], [7], ["done"]])("may answer %p instead of a step", async (answer) => {
    const stream = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(answer) }) };
    const error = await failureOf(new StorageManager({ store: new MemoryStore() }).dehydrate([stream]));
    expect(["UNEXPECTED", "UNSERIALIZABLE"]).toContain(error.code);
  });
});
