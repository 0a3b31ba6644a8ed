import assert from "node:assert/strict";
import { types } from "node:util";
import { isStorageError } from "../../errors/error.js";
import type { ReadResult } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { assertBytes, patternBytes } from "./context.js";

const BYTES = patternBytes(300_000);

export const reading: CaseGroup = {
  name: "read results",
  cases: [
    testCase("iterates the content", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      const chunks: Uint8Array[] = [];
      for await (const chunk of await context.store.read(path)) {
        assert.ok(types.isUint8Array(chunk), "a chunk must be a Uint8Array");
        chunks.push(chunk);
      }
      assertBytes(Buffer.concat(chunks), BYTES);
    }),
    testCase("is consumed once", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      const taken = await context.store.read(path);
      await taken.bytes();
      await assertSpent(taken);
      const iterated = await context.store.read(path);
      await firstChunk(iterated);
      await assertSpent(iterated);
    }),
    testCase("is given back with cancel(): before it is read, midway, afterwards, twice", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      const unread = await context.store.read(path);
      await unread.cancel();
      await unread.cancel();
      await assertSpent(unread);

      const begun = await context.store.read(path);
      const iterator = begun[Symbol.asyncIterator]();
      assert.notEqual((await iterator.next()).done, true);
      await begun.cancel();
      await begun.cancel();
      await assertSpent(begun);

      const finished = await context.store.read(path);
      await finished.bytes();
      await finished.cancel();
      await context.assertContent(path, BYTES);
    }),
    testCase("can be left midway, many times over", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      for (let i = 0; i < 20; i++) await firstChunk(await context.store.read(path));
      await context.assertContent(path, BYTES);
    }),
    testCase("can be given up unread, many at a time", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      // More than the sockets or handles that a driver may hold at once.
      for (let i = 0; i < 60; i++) await (await context.store.read(path)).cancel();
      await context.assertContent(path, BYTES);
    }),
    testCase("never mixes two versions", BASIC, async (context) => {
      const { store } = context;
      const path = await context.put("object", BYTES);
      const other = new Uint8Array(BYTES.byteLength - 1).fill(7);
      const result = await store.read(path);
      await store.write(path, other);
      let read: Uint8Array;
      try {
        read = await result.bytes();
      } catch (error) {
        // A store may lose a body whose object is replaced, as long as it reports an error.
        assert.ok(isStorageError(error), "the body must break off with a StorageError");
        return;
      }
      assertBytes(read, read.byteLength === other.byteLength ? other : BYTES);
      assert.equal(result.info.size, read.byteLength, "info describes another version than the content");
    }),
  ],
};

async function firstChunk(result: ReadResult): Promise<void> {
  for await (const chunk of result) {
    assert.ok(chunk.byteLength >= 0);
    return;
  }
}

/** Asserts that a consumed or cancelled result gives no bytes a second time. */
async function assertSpent(result: ReadResult): Promise<void> {
  const isTyped = (error: unknown): boolean => isStorageError(error);
  await assert.rejects(async () => result.bytes(), isTyped, "bytes() of a spent result must reject");
  await assert.rejects(async () => firstChunk(result), isTyped, "iterating a spent result must reject");
}
