import type { CapabilityFlag } from "../../store/capability.js";
import type { ReadOptions, WriteOptions } from "../../store/store.js";
import type { ConformanceContext } from "./context.js";
import { assertRejects, drain } from "./rejection.js";
import { assertUntouched, watchedBody } from "./sources.js";

/**
 * Asserts that an operation without its capability is `UNSUPPORTED`, and that the store did nothing before the error.
 * The body of a write stays unread, and an existing object stays unchanged.
 */
export async function assertUnsupported(context: ConformanceContext, flag: CapabilityFlag): Promise<void> {
  const { capability } = context.store;
  const path = context.path("unsupported");
  const before = capability.write && flag !== "write";
  if (before) await context.store.write(path, "before");
  await refusals[flag](context, path);
  if (before && capability.read) await context.assertContent(path, "before");
}

const refusals: Record<CapabilityFlag, (context: ConformanceContext, path: string) => Promise<void>> = {
  write: (context, path) => refusedWrite(context, path, {}),
  ifNoneMatch: (context, path) => refusedWrite(context, path, { ifNoneMatch: "*" }),
  ifMatch: (context, path) => refusedWrite(context, path, { ifMatch: '"1"' }),
  metadata: (context, path) => refusedWrite(context, path, { metadata: { owner: "kit" } }),
  contentType: (context, path) => refusedWrite(context, path, { contentType: "text/plain" }),
  read: (context, path) => refusedRead(context, path, {}),
  async rangeRead(context, path) {
    await refusedRead(context, path, { offset: 0 });
    await refusedRead(context, path, { length: 1 });
    // A store that looked for the object first would answer NOT_FOUND.
    await refusedRead(context, context.path("missing"), { offset: 1 });
  },
  async stat({ store }, path) {
    await assertRejects(() => store.stat(path), "UNSUPPORTED", { operation: "stat", path });
  },
  async delete({ store }, path) {
    await assertRejects(() => store.delete(path), "UNSUPPORTED", { operation: "delete", path });
  },
  async deleteIfMatch({ store }, path) {
    const call = () => store.delete(path, { ifMatch: '"1"' });
    await assertRejects(call, "UNSUPPORTED", { operation: "delete", path });
  },
  async list({ store, prefix }) {
    await assertRejects(() => drain(store.list(prefix)), "UNSUPPORTED", { operation: "list" });
  },
  async copy({ store }, path) {
    const to = `${path}-copy`;
    await assertRejects(() => store.copy(path, to), "UNSUPPORTED", { operation: "copy", path: [path, to] });
  },
  async presign({ store }, path) {
    for (const method of ["GET", "PUT"] as const) {
      const call = () => store.presign(path, { method, expiresIn: 60 });
      await assertRejects(call, "UNSUPPORTED", { operation: "presign", path });
    }
  },
};

async function refusedWrite({ store }: ConformanceContext, path: string, options: WriteOptions): Promise<void> {
  const body = watchedBody();
  await assertRejects(() => store.write(path, body, options), "UNSUPPORTED", { operation: "write", path });
  assertUntouched(body);
}

async function refusedRead({ store }: ConformanceContext, path: string, options: ReadOptions): Promise<void> {
  await assertRejects(() => store.read(path, options), "UNSUPPORTED", { operation: "read", path });
}
