import assert from "node:assert/strict";
import { types } from "node:util";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { assertBytes, patternBytes } from "./context.js";
import { assertRejects } from "./rejection.js";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

export const roundTrips: CaseGroup = {
  name: "round trips",
  cases: [
    testCase("reads back what was written", BASIC, async (context) => {
      const path = await context.put("object", "content");
      await context.assertContent(path, "content");
    }),
    testCase("describes an object alike in write, stat and read", BASIC, async (context) => {
      const { store } = context;
      const path = context.path("object");
      const written = await store.write(path, "content");
      const result = await store.read(path);
      await result.cancel();
      for (const info of [written, await store.stat(path), result.info]) {
        assert.equal(info?.path, path);
        assert.equal(info.size, 7);
        if (info.lastModified !== undefined) {
          assert.ok(types.isDate(info.lastModified) && !Number.isNaN(info.lastModified.getTime()));
        }
        if (info.etag !== undefined && written.etag !== undefined) assert.equal(info.etag, written.etag);
      }
    }),
    testCase("has no object where none was written", BASIC, async (context) => {
      const path = context.path("missing");
      await context.assertMissing(path);
      await assertRejects(() => context.store.read(path), "NOT_FOUND", { operation: "read", path });
      const deeper = await context.put("parent/child", "content");
      for (const parent of [context.path("parent"), `${deeper}/grandchild`]) {
        await context.assertMissing(parent);
        await assertRejects(() => context.store.read(parent), "NOT_FOUND", { operation: "read", path: parent });
      }
    }),
    testCase("keeps an empty object", BASIC, async (context) => {
      const path = await context.put("empty", new Uint8Array());
      assert.equal((await context.store.stat(path))?.size, 0);
      await context.assertContent(path, "");
      for await (const chunk of await context.store.read(path)) assert.equal(chunk.byteLength, 0);
    }),
    testCase("keeps every byte", BASIC, async (context) => {
      await context.assertContent(await context.put("binary", ALL_BYTES), ALL_BYTES);
    }),
    testCase("replaces an object", BASIC, async (context) => {
      const path = await context.put("object", "a long first version");
      const first = await context.store.stat(path);
      await context.store.write(path, "second");
      const second = await context.store.stat(path);
      await context.assertContent(path, "second");
      assert.equal(second?.size, 6);
      if (first?.etag !== undefined) assert.notEqual(second.etag, first.etag, "the etag of other content is the same");
    }),
    testCase("keeps a large object", BASIC, async (context) => {
      const { largeObjectSize } = context.limits;
      const bytes = patternBytes(Math.min(largeObjectSize, context.store.capability.maxObjectSize ?? Infinity));
      const path = await context.put("large", bytes);
      assert.equal((await context.store.stat(path))?.size, bytes.byteLength);
      await context.assertContent(path, bytes);
    }),
    testCase("shares no memory with its callers", BASIC, async (context) => {
      const mine = Uint8Array.from(ALL_BYTES);
      const path = await context.put("object", mine);
      mine.fill(0);
      const read = await context.content(path);
      assertBytes(read, ALL_BYTES);
      read.fill(0);
      await context.assertContent(path, ALL_BYTES);
    }),
    testCase("deletes an object, and only that", [...BASIC, "delete"], async (context) => {
      const { store } = context;
      const path = await context.put("object", "content");
      const sibling = await context.put("object/child", "kept");
      await store.delete(path);
      await context.assertMissing(path);
      await assertRejects(() => store.read(path), "NOT_FOUND", { operation: "read", path });
      await context.assertContent(sibling, "kept");
      await context.put("object", "again");
      await context.assertContent(path, "again");
      await store.delete(sibling);
      await context.assertContent(path, "again");
    }),
    testCase("deletes a missing object without an error", [...BASIC, "delete"], async (context) => {
      const { store } = context;
      const path = await context.put("object", "content");
      await store.delete(path);
      await store.delete(path);
      await store.delete(context.path("never/there"));
      await context.put("parent/child", "kept");
      await store.delete(context.path("parent"));
      await context.assertContent(context.path("parent/child"), "kept");
    }),
  ],
};
