import assert from "node:assert/strict";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import type { CapabilityFlag } from "../../store/capability.js";
import { patternBytes } from "./context.js";
import { assertRejects } from "./rejection.js";

const NEEDS = [...BASIC, "copy"] as const satisfies readonly CapabilityFlag[];

export const copying: CaseGroup = {
  name: "copying",
  cases: [
    testCase("copies an object", NEEDS, async (context) => {
      const bytes = patternBytes(50_000);
      const from = await context.put("from", bytes);
      const to = context.path("to/a new/place");
      const info = await context.store.copy(from, to);
      assert.equal(info.path, to);
      assert.equal(info.size, bytes.byteLength);
      await context.assertContent(to, bytes);
      await context.store.write(to, "changed");
      await context.assertContent(from, bytes);
    }),
    testCase("replaces the object at the target", NEEDS, async (context) => {
      const from = await context.put("from", "new");
      const to = await context.put("to", "a longer old one");
      await context.store.copy(from, to);
      await context.assertContent(to, "new");
      assert.equal((await context.store.stat(to))?.size, 3);
    }),
    testCase("copies an object onto itself without harm", NEEDS, async (context) => {
      const path = await context.put("object", "content");
      await context.store.copy(path, path);
      await context.assertContent(path, "content");
    }),
    testCase("copies metadata and content type", [...NEEDS, "metadata", "contentType"], async (context) => {
      const attributes = { metadata: { owner: "kit" }, contentType: "text/csv" };
      const from = await context.put("from", "a,b", attributes);
      const to = await context.put("to", "old", { metadata: { stale: "yes" }, contentType: "text/plain" });
      await context.store.copy(from, to);
      const info = await context.store.stat(to);
      assert.deepEqual({ ...info?.metadata }, attributes.metadata);
      assert.equal(info?.contentType, "text/csv");
    }),
    testCase("copies odd paths as they are written", NEEDS, async (context) => {
      const from = await context.put("fr%2Fom +?#&=/ü 😀", "content");
      const to = context.path("t%6F ++?x=1&y#z/é\u0301 👋");
      await context.store.copy(from, to);
      await context.assertContent(to, "content");
    }),
    testCase("has nothing to copy where nothing is", NEEDS, async (context) => {
      const { store } = context;
      const to = await context.put("to", "kept");
      for (const from of [context.path("missing"), context.path("parent")]) {
        await context.put("parent/child", "content");
        const call = () => store.copy(from, to);
        await assertRejects(call, "NOT_FOUND", { operation: "copy", path: [from, to] });
      }
      await context.assertContent(to, "kept");
    }),
  ],
};
