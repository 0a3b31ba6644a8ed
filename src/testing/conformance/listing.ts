import assert from "node:assert/strict";
import { types } from "node:util";
import type { CapabilityFlag } from "../../store/capability.js";
import { testCase, type CaseGroup } from "./case.js";
import { byBytes, type ConformanceContext } from "./context.js";

const NEEDS = ["write", "list"] as const satisfies readonly CapabilityFlag[];

// Siblings and children whose order by UTF-8 bytes differs from the order of directory trees, of UTF-16 and of
// locales.
const NAMES = [
  "a",
  "a b",
  "a!b",
  "a-b",
  "a.b",
  "a/b",
  "a/b.c",
  "a/b/c",
  "a/bc",
  "a/c",
  "a0",
  "ab",
  "B",
  "Z/y",
  "_",
  "z",
  "é",
  "e\u0301",
  "\uff5e wide",
  "\ufffd",
  "😀 astral",
  "世界/x",
];
const SORTED = byBytes(NAMES);

export const listing: CaseGroup = {
  name: "listing",
  cases: [
    testCase("lists by the UTF-8 bytes of the path", NEEDS, async (context) => {
      await putAll(context, NAMES);
      assert.deepEqual(await context.names(), SORTED);
    }),
    testCase("describes what it lists", [...NEEDS, "stat"], async (context) => {
      const path = await context.put("object", "content");
      const seen = [];
      for await (const info of context.store.list(context.prefix)) seen.push(info);
      assert.equal(seen.length, 1);
      assert.equal(seen[0]?.path, path);
      assert.equal(seen[0].size, 7);
      const stat = await context.store.stat(path);
      if (seen[0].etag !== undefined) assert.equal(seen[0].etag, stat?.etag);
      if (seen[0].lastModified !== undefined) assert.ok(types.isDate(seen[0].lastModified));
    }),
    testCase("takes any string as prefix, not only whole segments", NEEDS, async (context) => {
      await putAll(context, [...NAMES, ".a", "..b", "%2F", "% "]);
      const all = byBytes([...NAMES, ".a", "..b", "%2F", "% "]);
      const prefixes = [
        "a",
        "a/",
        "a/b",
        "a/b/",
        "a/b/c",
        "a/bcd",
        "a ",
        "e",
        "é",
        "世",
        "😀",
        ".",
        "..",
        "%",
        "%2",
        "x",
      ];
      for (const prefix of prefixes) {
        const expected = all.filter((name) => name.startsWith(prefix));
        assert.deepEqual(await context.names(prefix), expected, `prefix ${JSON.stringify(prefix)}`);
      }
    }),
    testCase('lists everything with the prefix ""', NEEDS, async (context) => {
      await putAll(context, ["a", "b/c"]);
      const seen: string[] = [];
      // Others may share the store, so the listing begins and stops at the objects of this case.
      for await (const { path } of context.store.list("", { startAfter: context.prefix })) {
        if (!path.startsWith(context.prefix)) break;
        seen.push(path.slice(context.prefix.length));
      }
      assert.deepEqual(seen, ["a", "b/c"]);
    }),
    testCase("lists nothing where nothing is", NEEDS, async (context) => {
      await context.put("object", "content");
      assert.deepEqual(await context.names("objects"), []);
      assert.deepEqual(await context.names("nowhere/at/all"), []);
    }),
    testCase("begins after startAfter, which need not exist", NEEDS, async (context) => {
      await putAll(context, NAMES);
      for (const start of [...NAMES, "a/", "a/b/", "a/bb", "!", "zz", "\u{10ffff}"]) {
        const expected = SORTED.filter((name) => Buffer.compare(Buffer.from(name), Buffer.from(start)) > 0);
        const actual = await context.names("", { startAfter: context.path(start) });
        assert.deepEqual(actual, expected, `startAfter ${JSON.stringify(start)}`);
      }
      assert.deepEqual(await context.names("a/", { startAfter: context.path("a/b.c") }), ["a/b/c", "a/bc", "a/c"]);
      assert.deepEqual(
        await context.names("a/", { startAfter: context.path("A") }),
        SORTED.filter((name) => name.startsWith("a/")),
      );
      assert.deepEqual(await context.names("a/", { startAfter: context.path("b") }), []);
    }),
    testCase("stops at the limit", NEEDS, async (context) => {
      await putAll(context, NAMES);
      for (const limit of [0, 1, 5, NAMES.length - 1, NAMES.length, NAMES.length + 1]) {
        assert.deepEqual(await context.names("", { limit }), SORTED.slice(0, limit), `limit ${limit}`);
      }
      const page = await context.names("", { startAfter: context.path(SORTED[3]!), limit: 3 });
      assert.deepEqual(page, SORTED.slice(4, 7));
    }),
    testCase("lists many objects, each once", NEEDS, async (context) => {
      const { manyObjects } = context.limits;
      const names = Array.from({ length: manyObjects }, (_, i) => `${i % 7}/${i % 3 === 0 ? "deep/" : ""}${i}`);
      await putAll(context, names);
      assert.deepEqual(await context.names(), byBytes(names));
    }),
    testCase("can be left early, and listed again", NEEDS, async (context) => {
      await putAll(context, NAMES);
      for (let i = 0; i < 3; i++) {
        for await (const { path } of context.store.list(context.prefix)) {
          assert.equal(path, context.path(SORTED[0]!));
          break;
        }
      }
      assert.deepEqual(await context.names(), SORTED);
    }),
    testCase("goes on while the store changes", [...NEEDS, "delete"], async (context) => {
      const { store } = context;
      const kept = Array.from({ length: 20 }, (_, i) => `k${String(i).padStart(2, "0")}`);
      await putAll(context, [...kept, "doomed/1", "x/doomed"]);
      const seen: string[] = [];
      for await (const { path } of store.list(context.prefix)) {
        if (seen.length === 0) {
          await store.delete(context.path("doomed/1"));
          await store.delete(context.path("x/doomed"));
          await context.put("k05/new", "new");
        }
        seen.push(path.slice(context.prefix.length));
      }
      // An object that came or went meanwhile may be listed or not. All others are listed once, in order.
      assert.deepEqual(
        seen.filter((name) => kept.includes(name)),
        kept,
      );
      assert.deepEqual(seen, byBytes([...new Set(seen)]));
    }),
    testCase("lists no more what is deleted", [...NEEDS, "delete"], async (context) => {
      await putAll(context, ["a", "a/b", "a/b/c"]);
      await context.store.delete(context.path("a/b"));
      assert.deepEqual(await context.names(), ["a", "a/b/c"]);
      await context.store.delete(context.path("a/b/c"));
      assert.deepEqual(await context.names(), ["a"]);
    }),
  ],
};

async function putAll(context: ConformanceContext, names: readonly string[]): Promise<void> {
  const queue = names.values();
  const writer = async (): Promise<void> => {
    for (const name of queue) await context.put(name, name);
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}
