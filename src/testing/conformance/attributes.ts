import assert from "node:assert/strict";
import type { CapabilityFlag } from "../../store/capability.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";

const METADATA: readonly CapabilityFlag[] = [...BASIC, "metadata"];
const CONTENT_TYPE: readonly CapabilityFlag[] = [...BASIC, "contentType"];

const INVALID_METADATA: readonly Record<string, unknown>[] = [
  { Upper: "x" },
  { under_score: "x" },
  { "": "x" },
  { "-dash": "x" },
  { schlüssel: "x" },
  { key: "non-ASCII: ü" },
  { key: "line\nbreak" },
  { key: " outer space" },
  { key: 5 },
  { key: undefined },
];

export const attributes: CaseGroup = {
  name: "metadata and content type",
  cases: [
    testCase("keeps metadata", METADATA, async (context) => {
      const { store } = context;
      const metadata = { owner: "kit", "run-id": "42", empty: "", text: 'a "quoted" value; with, signs = and %20' };
      const path = await context.put("object", "content", { metadata: { ...metadata } });
      const result = await store.read(path);
      await result.cancel();
      assert.deepEqual(normal(result.info.metadata), metadata);
      assert.deepEqual(normal((await store.stat(path))?.metadata), metadata);
    }),
    testCase("replaces metadata and content type with the object", [...METADATA, "contentType"], async (context) => {
      const { store } = context;
      const path = await context.put("object", "one", { metadata: { a: "1", b: "2" }, contentType: "text/csv" });
      await store.write(path, "two", { metadata: { c: "3" } });
      const second = await store.stat(path);
      assert.deepEqual(normal(second?.metadata), { c: "3" });
      assert.notEqual(second?.contentType, "text/csv", "the content type of the old object stayed");
      await store.write(path, "three");
      assert.deepEqual(normal((await store.stat(path))?.metadata), {});
    }),
    testCase("shares no metadata with its callers", METADATA, async (context) => {
      const { store } = context;
      const metadata = { owner: "kit" };
      const path = context.path("object");
      const written = await store.write(path, "content", { metadata });
      metadata.owner = "changed";
      if (written.metadata !== undefined) written.metadata["owner"] = "changed";
      const first = await store.stat(path);
      assert.equal(first?.metadata?.["owner"], "kit");
      first.metadata["owner"] = "changed";
      assert.equal((await store.stat(path))?.metadata?.["owner"], "kit");
    }),
    testCase("refuses metadata that not every store would keep", METADATA, async (context) => {
      for (const metadata of INVALID_METADATA as Record<string, string>[]) {
        await context.assertWriteRefused({ metadata });
      }
    }),
    testCase("keeps the content type", CONTENT_TYPE, async (context) => {
      const { store } = context;
      for (const contentType of ["text/plain", "application/json; charset=utf-8", "application/x.y+json"]) {
        const path = await context.put("object", "content", { contentType });
        const result = await store.read(path);
        await result.cancel();
        assert.equal(result.info.contentType, contentType);
        assert.equal((await store.stat(path))?.contentType, contentType);
      }
    }),
  ],
};

/** Returns metadata as a plain object. A store without metadata may return `undefined`. */
function normal(metadata: Record<string, string> | undefined): Record<string, string> {
  return { ...metadata };
}
