import type { CapabilityFlag } from "../../store/capability.js";
import type { StorageErrorCode } from "../../errors/error.js";
import { MAX_PATH_BYTES } from "../../paths/path.js";
import type { CallOptions, ListOptions, Store, StoreBody, WriteOptions } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { assertRejects, drain } from "./rejection.js";
import { assertUntouched, watchedBody } from "./sources.js";

const INVALID_PATHS: Readonly<Record<string, readonly unknown[]>> = {
  "an empty path": [""],
  "an empty segment": ["/", "/a", "a/", "a//b", "//a", "a/b/"],
  "a segment . or ..": [".", "..", "./a", "../a", "a/.", "a/..", "a/./b", "a/../b", "../../etc/passwd"],
  "a backslash": ["\\", "a\\b", "..\\a"],
  "a control character": ["a\0", "\0", "a\nb", "a\rb", "\t", "\x1f", "\x7f", "\x80", "a\x9fb"],
  "a lone surrogate": ["\ud800", "a\udc00b", "\udc00\ud800", "a/\ud83d"],
  "too long a path": ["x".repeat(MAX_PATH_BYTES + 1), "é".repeat(MAX_PATH_BYTES / 2) + "x", "x/".repeat(512) + "x"],
  "no string": [undefined, null, 42, true, {}, ["a"]],
};

const INVALID_PREFIXES: readonly unknown[] = [
  "/",
  "/a",
  "a//",
  "a//b",
  "./",
  "../",
  "a/../b",
  "a\\",
  "a\0",
  "\ud800",
  "x".repeat(MAX_PATH_BYTES + 1),
  null,
  42,
];

const CALLS: readonly [CapabilityFlag, (store: Store, path: string, good: string) => Promise<unknown>][] = [
  ["read", (store, path) => store.read(path)],
  ["stat", (store, path) => store.stat(path)],
  ["delete", (store, path) => store.delete(path)],
  ["copy", (store, path, good) => store.copy(path, good)],
  ["copy", (store, path, good) => store.copy(good, path)],
  ["presign", (store, path) => store.presign(path, { method: "GET", expiresIn: 60 })],
];

// Values that are no counts of bytes or objects, for `offset`, `length`, `size` and `limit`.
const NO_COUNTS: readonly unknown[] = [-1, 1.5, NaN, Infinity, 2 ** 53, "1", null];
// Values that no header could carry, for `ifMatch`, `digest` and `contentType`.
const NO_TEXTS: readonly unknown[] = ["", " x", "x\r\ny: z", "ü", 5, null];
const NO_BODIES: readonly unknown[] = [undefined, null, 42, {}, ["a"], { byteLength: 4 }, [Buffer.from("a")]];

export const invalidArguments: CaseGroup = {
  name: "invalid arguments",
  cases: [
    ...Object.entries(INVALID_PATHS).map(([what, invalid]) =>
      testCase(`refuses ${what}`, [], async ({ store, ...context }) => {
        const good = `${context.prefix}good`;
        for (const path of invalid as string[]) {
          const body = watchedBody();
          const written = codeOf(store, "write", "INVALID_PATH");
          await assertRejects(() => store.write(path, body), written, { operation: "write" });
          assertUntouched(body);
          for (const [operation, call] of CALLS) {
            await assertRejects(() => call(store, path, good), codeOf(store, operation, "INVALID_PATH"), { operation });
          }
        }
      }),
    ),
    testCase("refuses a path over its own limit", ["write"], async (context) => {
      const { store, prefix } = context;
      const { maxPathLength = MAX_PATH_BYTES } = store.capability;
      const body = watchedBody();
      const path = prefix + "x".repeat(maxPathLength - prefix.length + 1);
      await assertRejects(() => store.write(path, body), "INVALID_PATH", { operation: "write" });
      assertUntouched(body);
    }),
    testCase("refuses a prefix that no path begins with", ["list"], async ({ store, prefix }) => {
      for (const invalid of INVALID_PREFIXES as string[]) {
        await assertRejects(() => drain(store.list(invalid)), "INVALID_PATH", { operation: "list" });
        const listing = () => drain(store.list(prefix, { startAfter: invalid }));
        await assertRejects(listing, "INVALID_PATH", { operation: "list" });
      }
      await assertRejects(() => drain(store.list(undefined as unknown as string)), "INVALID_PATH", {
        operation: "list",
      });
    }),
    testCase("refuses a range that is none", [...BASIC, "rangeRead"], async (context) => {
      const path = await context.put("object", "content");
      for (const option of ["offset", "length"]) {
        for (const value of NO_COUNTS) {
          const call = () => context.store.read(path, { [option]: value });
          await assertRejects(call, "CONFIG_INVALID", { operation: "read", path });
        }
      }
    }),
    testCase("refuses a limit that is none", ["list"], async ({ store, prefix }) => {
      for (const limit of NO_COUNTS) {
        const call = () => drain(store.list(prefix, { limit } as ListOptions));
        await assertRejects(call, "CONFIG_INVALID", { operation: "list" });
      }
    }),
    testCase("refuses options that it does not know", BASIC, async (context) => {
      const { store } = context;
      const path = await context.put("object", "content");
      const unknown = { offest: undefined };
      for (const options of [unknown, [], "signal", null, { signal: {} }] as CallOptions[]) {
        const calls: [string, () => Promise<unknown>][] = [
          ["write", () => store.write(path, "other", options)],
          ["read", () => store.read(path, options)],
        ];
        if (store.capability.stat) calls.push(["stat", () => store.stat(path, options)]);
        if (store.capability.delete) calls.push(["delete", () => store.delete(path, options)]);
        if (store.capability.list) calls.push(["list", () => drain(store.list(context.prefix, options))]);
        if (store.capability.copy) calls.push(["copy", () => store.copy(path, context.path("copy"), options)]);
        for (const [operation, call] of calls) await assertRejects(call, "CONFIG_INVALID", { operation });
      }
      await context.assertContent(path, "content");
    }),
    testCase("refuses what is no body", BASIC, async (context) => {
      const path = context.path("object");
      for (const body of NO_BODIES) {
        const call = () => context.store.write(path, body as StoreBody);
        await assertRejects(call, "CONFIG_INVALID", { operation: "write", path });
      }
      await context.assertMissing(path);
    }),
    testCase("refuses a size that is none", ["write"], async (context) => {
      for (const size of NO_COUNTS) await context.assertWriteRefused({ size } as WriteOptions);
    }),
    testCase("refuses a digest that is none", ["write"], async (context) => {
      for (const digest of NO_TEXTS) await context.assertWriteRefused({ digest } as WriteOptions);
    }),
    testCase("refuses a content type that is none", ["write", "contentType"], async (context) => {
      for (const contentType of NO_TEXTS) await context.assertWriteRefused({ contentType } as WriteOptions);
    }),
    testCase("refuses an ifMatch that is no etag", ["write", "ifMatch"], async (context) => {
      for (const ifMatch of NO_TEXTS) await context.assertWriteRefused({ ifMatch } as WriteOptions);
    }),
    testCase('refuses an ifNoneMatch other than "*"', ["write", "ifNoneMatch"], async (context) => {
      for (const ifNoneMatch of ['"etag"', "", true]) {
        await context.assertWriteRefused({ ifNoneMatch } as unknown as WriteOptions);
      }
    }),
    testCase("refuses ifNoneMatch together with ifMatch", ["write", "ifNoneMatch", "ifMatch"], async (context) => {
      await context.assertWriteRefused({ ifNoneMatch: "*", ifMatch: '"etag"' });
    }),
  ],
};

/** Returns the expected code where a store advertises the operation, or else `UNSUPPORTED`. */
function codeOf(store: Store, operation: CapabilityFlag, code: StorageErrorCode): StorageErrorCode {
  return store.capability[operation] ? code : "UNSUPPORTED";
}
