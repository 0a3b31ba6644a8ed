import assert from "node:assert/strict";
import { types } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions, ListOptions } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { patternBytes, type ConformanceContext } from "./context.js";
import { assertRejects, drain, type RefusedCall } from "./rejection.js";
import { assertEnded, assertUntouched, hanging, stalledStream, watchedBody } from "./sources.js";

const BYTES = patternBytes(3_000_000);

export const aborting: CaseGroup = {
  name: "aborting",
  cases: [
    testCase("writes nothing under a signal that has fired", BASIC, async (context) => {
      const path = await context.put("object", "old");
      const body = watchedBody();
      await assertAborted(({ signal }) => context.store.write(path, body, { signal }), { operation: "write", path });
      assertUntouched(body);
      await context.assertContent(path, "old");
    }),
    testCase("reads nothing under a signal that has fired", BASIC, async (context) => {
      const { store } = context;
      const path = await context.put("object", "content");
      await assertAborted((options) => store.read(path, options), { operation: "read", path });
      await assertAborted((options) => store.stat(path, options), { operation: "stat", path });
    }),
    testCase("deletes nothing under a signal that has fired", [...BASIC, "delete"], async (context) => {
      const path = await context.put("object", "content");
      await assertAborted((options) => context.store.delete(path, options), { operation: "delete", path });
      await context.assertContent(path, "content");
    }),
    testCase("lists nothing under a signal that has fired", ["list"], async ({ store, prefix }) => {
      await assertAborted((options) => drain(store.list(prefix, options)), { operation: "list" });
    }),
    testCase("copies nothing under a signal that has fired", [...BASIC, "copy"], async (context) => {
      const from = await context.put("from", "content");
      const to = context.path("to");
      const call = (options: CallOptions) => context.store.copy(from, to, options);
      await assertAborted(call, { operation: "copy", path: [from, to] });
      await context.assertMissing(to);
    }),
    testCase("takes its arguments for what they are before the signal", ["write"], async ({ store }) => {
      const call = () => store.write("../a", "content", { signal: AbortSignal.abort("given up") });
      await assertRejects(call, "INVALID_PATH", { operation: "write" });
    }),
    testCase("gives up a write whose source hangs", BASIC, async (context) => {
      const path = context.path("new");
      await assertHangingWriteAborts(context, path);
      await context.assertMissing(path);
      if (context.store.capability.list) assert.deepEqual(await context.names(), []);
    }),
    testCase("ends the source of a write that is given up, also while it stalls", BASIC, async (context) => {
      const path = context.path("new");
      const controller = new AbortController();
      const stream = stalledStream(BYTES.subarray(0, 100_000), () => controller.abort());
      const call = () => settled(context, context.store.write(path, stream, { signal: controller.signal }));
      await assertRejects(call, "ABORTED", { operation: "write", path });
      assertEnded(stream);
    }),
    testCase("ends the source of a write under a signal that has fired", BASIC, async (context) => {
      const path = context.path("new");
      const stream = stalledStream(BYTES, () => undefined);
      await assertAborted(({ signal }) => context.store.write(path, stream, { signal }), { operation: "write", path });
      assertEnded(stream);
    }),
    testCase("keeps the old object when the write over it is given up", BASIC, async (context) => {
      const path = await context.put("old", "old content");
      await assertHangingWriteAborts(context, path);
      await context.assertContent(path, "old content");
    }),
    testCase("gives up a body that is being read", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      const controller = new AbortController();
      const reason = new Error("the reader gave up");
      const result = await context.store.read(path, { signal: controller.signal });
      const call = async (): Promise<void> => {
        for await (const chunk of result) {
          assert.ok(types.isUint8Array(chunk));
          controller.abort(reason);
        }
      };
      const error = await assertRejects(() => settled(context, call()), "ABORTED", { operation: "read", path });
      assert.equal(error.cause, reason);
      await context.assertContent(path, BYTES);
    }),
    testCase("gives up a body that is not yet being read", BASIC, async (context) => {
      const path = await context.put("object", BYTES);
      const controller = new AbortController();
      const result = await context.store.read(path, { signal: controller.signal });
      controller.abort(new Error("the reader gave up"));
      await assertRejects(() => settled(context, result.bytes()), "ABORTED", { operation: "read", path });
      await result.cancel();
    }),
    testCase("gives up a listing midway", ["write", "list"], async (context) => {
      for (const name of ["a", "b", "c"]) await context.put(name, name);
      const controller = new AbortController();
      const reason = new Error("the lister gave up");
      const options: ListOptions = { signal: controller.signal };
      const call = async (): Promise<void> => {
        for await (const info of context.store.list(context.prefix, options)) {
          assert.equal(info.path, context.path("a"), "the listing went on after the abort");
          controller.abort(reason);
        }
      };
      const error = await assertRejects(call, "ABORTED", { operation: "list" });
      assert.equal(error.cause, reason);
    }),
    testCase("takes no notice of a signal that fires afterwards", BASIC, async (context) => {
      const controller = new AbortController();
      const { signal } = controller;
      const path = await context.put("object", "content", { signal });
      await context.assertContent(path, "content", { signal });
      controller.abort();
      await context.assertContent(path, "content");
    }),
  ],
};

/** Asserts that a call whose signal has fired already is `ABORTED`, with the caller's reason. */
async function assertAborted(call: (options: CallOptions) => Promise<unknown>, expected: RefusedCall): Promise<void> {
  const reason = new Error("given up beforehand");
  const error = await assertRejects(() => call({ signal: AbortSignal.abort(reason) }), "ABORTED", expected);
  assert.equal(error.cause, reason, "the cause is not signal.reason");
}

async function assertHangingWriteAborts(context: ConformanceContext, path: string): Promise<void> {
  const controller = new AbortController();
  const reason = new Error("the writer gave up");
  const body = hanging(BYTES.subarray(0, 100_000), () => controller.abort(reason));
  const call = () => settled(context, context.store.write(path, body, { signal: controller.signal }));
  const error = await assertRejects(call, "ABORTED", { operation: "write", path });
  assert.equal(error.cause, reason, "the cause is not signal.reason");
}

/** Settles as the call does, or fails when the call hangs. */
async function settled<T>({ limits }: ConformanceContext, call: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const hangs = sleep(limits.settleTimeout, undefined, { signal: stop.signal }).then(() =>
    assert.fail(`the call did not settle within ${limits.settleTimeout} ms of the abort`),
  );
  hangs.catch(() => undefined);
  try {
    return await Promise.race([call, hangs]);
  } finally {
    stop.abort();
  }
}
