import { randomBytes } from "node:crypto";
import { aes256gcm, StorageManager, type ObjectInfo } from "../../src/index.js";
import { failureOf } from "../support/failure.js";
import { LyingStore } from "../support/lying-store.js";
import { longText } from "../support/payloads.js";

const ELSEWHERE: unknown[] = [
  "outputs/other/x.json",
  "outputs/run-1",
  "outputs/run-10/x.json",
  "inputs/run-1/x.json",
  "s3://bucket/outputs/run-1/x.json",
  "outputs/run-1/../other/x.json",
  "outputs/run-1//x.json",
  "outputs/run-1/",
  "outputs/run-1/a\\b",
  "outputs/run-1/a\nb",
  `outputs/run-1/${"x".repeat(1024)}`,
  "",
  7,
  null,
  { toString: () => "outputs/run-1/x.json" },
];

function isDisbelieved(prefix: string) {
  return { code: "UNEXPECTED", retryable: false, operation: "list", store: "memory", path: prefix };
}

async function all(listing: AsyncIterable<ObjectInfo>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of listing) paths.push(path);
  return paths;
}

/** A store that lies, with an object of its own in the scope and one elsewhere. */
async function lying(listed: unknown, isFirst = true) {
  const store = new LyingStore(undefined, isFirst);
  const manager = new StorageManager({ store, pack: false });
  await manager.dehydrate(longText("mine"), { scope: "run-1" });
  await store.write("outputs/other/x.json", "somebody else's");
  store.listed = listed;
  return { store, manager };
}

describe("a store that lists what lies elsewhere", () => {
  it.each(ELSEWHERE)("has nothing deleted by release: %j", async (listed) => {
    for (const isFirst of [true, false]) {
      const { store, manager } = await lying(listed, isFirst);
      expect(await failureOf(manager.release("run-1"))).toMatchObject(isDisbelieved("outputs/run-1/"));
      expect(store.deleted).toEqual([]);
      expect(store.open).toBe(0);
    }
  });

  it.each(ELSEWHERE)("is not handed on by list, nor by that of a tenant: %j", async (listed) => {
    const { store, manager } = await lying(listed);
    expect(await failureOf(all(manager.list("outputs/run-1/")))).toMatchObject(isDisbelieved("outputs/run-1/"));
    const tenant = manager.forTenant("run-1"); // whose objects those are
    expect(await failureOf(all(tenant.list("outputs/run-1/")))).toMatchObject(isDisbelieved("outputs/run-1/"));
    expect(await failureOf(tenant.release("x"))).toMatchObject(isDisbelieved("outputs/run-1/x/"));
    expect(store.deleted).toEqual([]);
    expect(store.open).toBe(0);
  });

  it.each(ELSEWHERE)("is neither read nor replaced by verify and reencrypt: %j", async (listed) => {
    const { store } = await lying(listed);
    const read = jest.spyOn(store, "read");
    const codecs = [aes256gcm({ keys: { k: randomBytes(32) }, activeKeyId: "k" })];
    const manager = new StorageManager({ store, codecs });
    expect(await failureOf(manager.verifyPrefix("outputs/run-1/"))).toMatchObject(isDisbelieved("outputs/run-1/"));
    expect(await failureOf(manager.reencrypt("outputs/run-1/"))).toMatchObject(isDisbelieved("outputs/run-1/"));
    expect(read).not.toHaveBeenCalled();
    expect(store.deleted).toEqual([]);
  });

  it("shows the listed path to nobody: it may be another tenant's", async () => {
    const { manager } = await lying("outputs/secret-tenant/x.json");
    const error = await failureOf(manager.forTenant("run-1").release("x"));
    expect([error.message, error.path, String(error.stack)].join()).not.toContain("secret-tenant");
  });

  it("is believed where the prefix is all that there is", async () => {
    const { manager } = await lying("anything/valid");
    expect(await all(manager.list(""))).toContain("anything/valid");
  });
});

describe("a store that answers of another object than it was asked for", () => {
  it("has its answer told of the one that was asked for", async () => {
    const store = new LyingStore(undefined, true, "outputs/other/x.json");
    const manager = new StorageManager({
      store,
      pack: false,
      signing: { keys: { k: randomBytes(32) }, activeKeyId: "k" },
    });
    expect((await manager.writeBlob("mine", "x")).path).toBe("mine");
    const stream = (async function* () {
      yield await Promise.resolve(Buffer.alloc(3_000_000, 1));
    })();
    const dehydrated = (await manager.dehydrate({ text: longText("a"), stream }, { scope: "s" })) as {
      text: { $storageRef: string };
      stream: { $storageRef: string };
    };
    for (const { $storageRef } of Object.values(dehydrated)) expect($storageRef).toMatch(/^outputs\/s\/[0-9a-f]{64}\./);
    expect((await manager.open(dehydrated.stream as never)).info.path).toBe(dehydrated.stream.$storageRef);
    expect(await manager.release("s")).toEqual({ deleted: 2 });
    expect(store.deleted.filter((path) => !path.startsWith("outputs/s/"))).toEqual([]);
  });
});
