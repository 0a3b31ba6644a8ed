import assert from "node:assert/strict";
import type { ConformanceContext } from "./context.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { chunksOf } from "./sources.js";

const KEYS = 24;
const ROUNDS = 6;

export const concurrency: CaseGroup = {
  name: "concurrency",
  cases: [
    testCase("keeps many keys apart under mixed operations", [...BASIC, "delete", "list"], async (context) => {
      const keys = Array.from({ length: KEYS }, (_, key) => (key % 3 === 0 ? `dir/${key}` : `${key}`));
      await Promise.all(keys.map((key) => useKey(context, key)));
      const left = keys.map((key) => `${key}/last`).sort();
      assert.deepEqual((await context.names()).sort(), left);
    }),
    testCase("shows every reader a whole version while writers race", BASIC, async (context) => {
      const { store } = context;
      // The first byte tells the version, and the version tells the length.
      const version = (n: number): Uint8Array => new Uint8Array(1000 + n * 997).fill(n);
      const path = await context.put("object", version(0));
      const write = async (writer: number): Promise<void> => {
        for (let round = 0; round < ROUNDS; round++) {
          const bytes = version(writer * ROUNDS + round);
          await store.write(path, round % 2 === 0 ? bytes : chunksOf(bytes, 512));
        }
      };
      const read = async (): Promise<void> => {
        for (let round = 0; round < ROUNDS * 2; round++) {
          const bytes = await context.content(path);
          assertWhole(bytes, version(bytes[0] ?? 0));
        }
      };
      await Promise.all([write(0), write(1), write(2), read(), read(), read()]);
    }),
    testCase("takes concurrent writes and deletes of one key", [...BASIC, "delete"], async (context) => {
      const { store } = context;
      const path = context.path("parent/object");
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store.write(path, `version ${i}`) : store.delete(path))),
      );
      await store.write(path, "last");
      await context.assertContent(path, "last");
    }),
  ],
};

async function useKey(context: ConformanceContext, key: string): Promise<void> {
  const { store } = context;
  const path = context.path(key);
  for (let round = 0; round < ROUNDS; round++) {
    const content = `${key} round ${round}`;
    await store.write(path, round % 2 === 0 ? content : chunksOf(Buffer.from(content), 3));
    await context.assertContent(path, content);
    assert.equal((await store.stat(path))?.size, content.length);
    await store.delete(path);
    await context.assertMissing(path);
  }
  await context.assertContent(await context.put(`${key}/last`, key), key);
}

function assertWhole(actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(Buffer.compare(actual, expected) === 0, "a reader saw parts of two versions");
}
