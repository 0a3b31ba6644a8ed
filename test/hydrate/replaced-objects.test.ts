import { randomBytes } from "node:crypto";
import {
  aes256gcm,
  MemoryStore,
  StorageError,
  StorageManager,
  type StorageReference,
  type Store,
} from "../../src/index.js";
import { failureOf } from "../support/failure.js";

const keys = { old: randomBytes(32), fresh: randomBytes(32) };

function managerOf(store: Store, activeKeyId: "old" | "fresh", options: object = {}): StorageManager {
  return new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId })], ...options });
}

/** Values that were written under the old key, and encrypted again under the fresh one. */
async function replaced(
  ...values: readonly unknown[]
): Promise<{ store: MemoryStore; references: StorageReference[] }> {
  const store = new MemoryStore();
  const writer = managerOf(store, "old", { pack: false });
  const references: StorageReference[] = [];
  for (const value of values) references.push((await writer.dehydrate(value)) as StorageReference);
  expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ reencrypted: values.length, failures: [] });
  for (const { $storageRef } of references) expect(await store.stat($storageRef)).toBeUndefined();
  return { store, references };
}

async function replacementOf(store: Store, { $storageRef }: StorageReference): Promise<string> {
  for await (const { path } of store.list("")) if (path.startsWith($storageRef.replace(/\.\w+$/, ""))) return path;
  throw new Error("Nothing took its place.");
}

describe("what took the place of an object", () => {
  it("counts with all its bytes", async () => {
    const { store, references } = await replaced("x".repeat(5000));
    const [reference] = references as [StorageReference];
    const reader = managerOf(store, "fresh", { maxBytes: reference.$storageSize });
    expect(await failureOf(reader.open(reference))).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "open" });
  });

  it("is not taken for another one's", async () => {
    const { store, references } = await replaced("a".repeat(5000), Buffer.alloc(5000, 1), Buffer.alloc(5000, 2));
    const [text, one, other] = references as [StorageReference, StorageReference, StorageReference];
    await store.copy(await replacementOf(store, other), await replacementOf(store, text));
    await store.copy(await replacementOf(store, other), await replacementOf(store, one));
    const reader = managerOf(store, "fresh");
    expect(await failureOf(reader.hydrate(text))).toMatchObject({ code: "NOT_FOUND", path: text.$storageRef });
    expect(await failureOf(reader.open(text))).toMatchObject({ code: "NOT_FOUND", path: text.$storageRef });
    const opened = await reader.open(one);
    expect(await failureOf(opened.bytes())).toMatchObject({ code: "INTEGRITY", path: one.$storageRef });
  });

  it("says what the store says of it, where it can't be read", async () => {
    class Failing extends MemoryStore {
      override read(...[path, options]: Parameters<Store["read"]>): ReturnType<Store["read"]> {
        if (!path.includes(".reencrypted")) return super.read(path, options);
        return Promise.reject(
          new StorageError("UNAVAILABLE", "It is down.", { operation: "read", store: this.name, path }),
        );
      }
    }
    const { store, references } = await replaced(Buffer.alloc(5000, 1));
    const failing = new Failing();
    for await (const { path } of store.list("")) await failing.write(path, await (await store.read(path)).bytes());
    const reader = managerOf(failing, "fresh");
    for (const call of [reader.hydrate(references[0]), reader.open(references[0]!)]) {
      expect(await failureOf(call)).toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("It is down.") as string,
      });
    }
  });
});
