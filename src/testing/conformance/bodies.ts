import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { StorageError } from "../../errors/error.js";
import { sha256Digest } from "../../bytes/digest.js";
import type { StoreBody, WriteOptions } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { patternBytes, type ConformanceContext } from "./context.js";
import { assertRejects } from "./rejection.js";
import { assertEnded, assertUntouched, chunksOf, interrupted, stalledStream, watchedBody } from "./sources.js";

const BYTES = patternBytes(100_000);

export const bodies: CaseGroup = {
  name: "bodies",
  cases: [
    testCase("takes a view into a larger buffer", BASIC, async (context) => {
      const path = await context.put("view", BYTES.subarray(1000, 3000));
      await context.assertContent(path, BYTES.slice(1000, 3000));
    }),
    testCase("writes a string as UTF-8", BASIC, async (context) => {
      const text = "Grüße, 世界 👋 \u0000 \ufeff";
      const path = await context.put("text", text, { size: Buffer.byteLength(text) });
      await context.assertContent(path, Buffer.from(text));
      assert.equal((await context.store.stat(path))?.size, Buffer.byteLength(text));
    }),
    testCase("takes an iterable of unknown size", BASIC, async (context) => {
      await context.assertContent(await context.put("many", chunksOf(BYTES, 777)), BYTES);
      await context.assertContent(await context.put("one", chunksOf(BYTES, BYTES.byteLength)), BYTES);
      await context.assertContent(await context.put("none", chunksOf(BYTES.subarray(0, 0), 1)), "");
      await context.assertContent(await context.put("empty-chunks", interrupted(Buffer.from(""), noop, BYTES)), BYTES);
    }),
    testCase("takes a large iterable", BASIC, async (context) => {
      const { largeObjectSize } = context.limits;
      const bytes = patternBytes(Math.min(largeObjectSize, context.store.capability.maxObjectSize ?? Infinity));
      const path = await context.put("large", chunksOf(bytes, 65_537));
      await context.assertContent(path, bytes);
    }),
    testCase("takes the declared size and digest", BASIC, async (context) => {
      const declared = { size: BYTES.byteLength, digest: sha256Digest(BYTES) };
      await context.assertContent(await context.put("whole", BYTES, declared), BYTES);
      await context.assertContent(await context.put("chunks", chunksOf(BYTES, 30_000), declared), BYTES);
      await context.assertContent(await context.put("empty", "", { size: 0, digest: sha256Digest(Buffer.of()) }), "");
    }),
    testCase("refuses a body of another size than declared", BASIC, async (context) => {
      for (const size of [0, BYTES.byteLength - 1, BYTES.byteLength + 1]) {
        await assertNoTrace(context, () => BYTES, { size });
        await assertNoTrace(context, () => chunksOf(BYTES, 30_000), { size });
      }
    }),
    testCase("refuses a body with another digest than declared", BASIC, async (context) => {
      const digest = sha256Digest(BYTES.subarray(1));
      await assertNoTrace(context, () => BYTES, { digest });
      await assertNoTrace(context, () => chunksOf(BYTES, 30_000), { digest, size: BYTES.byteLength });
    }),
    testCase("leaves everything as it was when the source fails", BASIC, async (context) => {
      const { store } = context;
      for (const chunk of [BYTES, BYTES.subarray(0, 0)]) {
        for (const [name, old] of [["new", undefined] as const, ["old", "old content"] as const]) {
          const path = context.path(name);
          if (old !== undefined) await store.write(path, old);
          const failure = new Error("the source broke");
          const body = interrupted(chunk, () => {
            throw failure;
          });
          const error = await assertRejects(() => store.write(path, body), "UNEXPECTED", { operation: "write", path });
          assert.equal(error.cause, failure, "the cause is not what the source threw");
          await assertUnchanged(context, path, old);
        }
      }
    }),
    testCase("refuses a chunk that is not bytes", BASIC, async (context) => {
      const { store } = context;
      const path = context.path("object");
      const body = interrupted(BYTES, noop, "text" as unknown as Uint8Array);
      await assertRejects(() => store.write(path, body), "CONFIG_INVALID", { operation: "write", path });
      await context.assertMissing(path);
    }),
    testCase("takes bytes of every kind, whole and as chunks", BASIC, async (context) => {
      const memory = patternBytes(64).buffer as ArrayBuffer;
      const foreign = runInNewContext("Uint8Array.of(1, 2, 3)") as Uint8Array;
      for (const [bytes, content] of [
        [memory, patternBytes(64)],
        [new DataView(memory, 3, 5), patternBytes(64).subarray(3, 8)],
        [new Uint16Array(memory, 2, 4), patternBytes(64).subarray(2, 10)],
        [foreign, Uint8Array.of(1, 2, 3)],
      ] as [Uint8Array, Uint8Array][]) {
        await context.assertContent(await context.put("whole", bytes), content);
        await context.assertContent(await context.put("chunks", interrupted(bytes, noop, bytes)), twice(content));
      }
    }),
    testCase("keeps what an error of its source says", BASIC, async (context) => {
      const path = context.path("object");
      for (const [code, retryable] of [["UNAVAILABLE", true] as const, ["NOT_FOUND", false] as const]) {
        const failure = new StorageError(code, "The source broke.");
        const body = interrupted(BYTES, () => {
          throw failure;
        });
        const error = await assertRejects(() => context.store.write(path, body), code, { operation: "write", path });
        assert.equal(error.retryable, retryable);
        await context.assertMissing(path);
      }
    }),
    testCase("ends the source of a write that it refuses", ["write"], async ({ store, ...context }) => {
      for (const [path, options] of [
        ["../a", {}],
        [`${context.prefix}a`, { size: -1 }],
        [`${context.prefix}a`, { ifNoneMatch: "x" as "*" }],
        [`${context.prefix}a`, { size: 10 }],
      ] as [string, WriteOptions][]) {
        const stream = stalledStream(BYTES, noop);
        await assert.rejects(store.write(path, stream, options));
        assertEnded(stream);
      }
    }),
    testCase("closes a source that it gives up", BASIC, async (context) => {
      let closed = false;
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* chunksOf(BYTES, 1000);
        } finally {
          closed = true;
        }
      }
      const path = context.path("object");
      const call = () => context.store.write(path, source(), { size: 10 });
      await assertRejects(call, "INTEGRITY", { operation: "write", path });
      assert.ok(closed, "the source was neither read to its end nor closed");
    }),
    testCase("shows the old object until the new one is whole", BASIC, async (context) => {
      const { store } = context;
      const path = context.path("object");
      const half = BYTES.subarray(0, 50_000);
      await store.write(
        path,
        interrupted(half, () => context.assertMissing(path), half),
      );
      await store.write(
        path,
        interrupted(
          Buffer.from("new"),
          async () => {
            await context.assertContent(path, Buffer.concat([half, half]));
            assert.equal((await store.stat(path))?.size, BYTES.byteLength);
          },
          Buffer.from("est"),
        ),
      );
      await context.assertContent(path, "newest");
    }),
    testCase("lists no object that is still being written", [...BASIC, "list"], async (context) => {
      let during: string[] = [];
      const look = async (): Promise<void> => {
        during = await context.names();
      };
      await context.put("object", interrupted(BYTES, look, BYTES));
      assert.deepEqual(during, []);
      assert.deepEqual(await context.names(), ["object"]);
    }),
    testCase("refuses an object over its size limit without reading it", BASIC, async (context) => {
      const { store } = context;
      const { maxObjectSize } = store.capability;
      const path = context.path("object");
      if (maxObjectSize === undefined) {
        await store.write(path, "no limit, no refusal");
        return;
      }
      const body = watchedBody();
      const call = () => store.write(path, body, { size: maxObjectSize + 1 });
      await assertRejects(call, "LIMIT_EXCEEDED", { operation: "write", path });
      assertUntouched(body);
      await context.assertMissing(path);
    }),
  ],
};

function twice(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, bytes]);
}

function noop(): void {
  // The source goes on.
}

/** Asserts that a write is refused with `INTEGRITY`, and leaves neither a new object nor a changed one. */
async function assertNoTrace(context: ConformanceContext, body: () => StoreBody, options: WriteOptions): Promise<void> {
  const old = await context.put("old", "old content");
  for (const [path, content] of [[context.path("new"), undefined] as const, [old, "old content"] as const]) {
    const call = () => context.store.write(path, body(), options);
    await assertRejects(call, "INTEGRITY", { operation: "write", path });
    await assertUnchanged(context, path, content);
  }
}

async function assertUnchanged(context: ConformanceContext, path: string, content: string | undefined): Promise<void> {
  if (content === undefined) await context.assertMissing(path);
  else await context.assertContent(path, content);
}
