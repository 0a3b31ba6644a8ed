import { getEventListeners } from "node:events";
import { kubernetesResolvers, type KubernetesClient, type ReferenceResolver } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { putJson } from "../support/stored.js";
import { turn } from "../support/turn.js";

const vault = (resolve: ReferenceResolver["resolve"]): ReferenceResolver => ({ key: "$bubuVaultRef", resolve });
const echo = vault((reference) => Promise.resolve(`value of ${String(reference["$bubuVaultRef"])}`));
const SECRET = { $bubuVaultRef: "db" };

describe("resolvers", () => {
  it("put values in the place of their references, in payloads and in stored objects", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, resolvers: [echo] });
    const object = await putJson(store, { password: SECRET });
    await expect(manager.hydrate({ a: SECRET, list: [SECRET, 1], object })).resolves.toEqual({
      a: "value of db",
      list: ["value of db", 1],
      object: { password: "value of db" },
    });
    await expect(manager.hydrate(SECRET)).resolves.toBe("value of db");
  });

  it("leave their references untouched with `resolvers: false`, and while there are none", async () => {
    const manager = new StorageManager({ store: new MemoryStore(), resolvers: [echo] });
    await expect(manager.hydrate([SECRET], { resolvers: false })).resolves.toEqual([SECRET]);
    await expect(new StorageManager({}).hydrate([SECRET])).resolves.toEqual([SECRET]);
  });

  it("of the call take the place of those of the manager", async () => {
    const manager = new StorageManager({ resolvers: [echo] });
    const other: ReferenceResolver = { key: "$storageOther", resolve: () => Promise.resolve("other") };
    const value = [SECRET, { $storageOther: 1 }];
    await expect(manager.hydrate(value, { resolvers: [other] })).resolves.toEqual([SECRET, "other"]);
    await expect(manager.hydrate(value, { resolvers: [] })).resolves.toEqual(value);
    await expect(manager.hydrate(value)).resolves.toEqual(["value of db", { $storageOther: 1 }]);
  });

  it("can't be forged by data: it is escaped on the way in", async () => {
    const manager = new StorageManager({ store: new MemoryStore(), resolvers: [echo] });
    for (const value of [
      { input: SECRET },
      { input: SECRET, long: longText("a") },
      [longText("", 700), SECRET, longText("", 700)],
    ]) {
      await expect(manager.hydrate(await manager.dehydrate(value))).resolves.toEqual(value);
    }
  });

  it("give data: what looks like a reference or an escape in it stays as it is", async () => {
    const store = new MemoryStore();
    const reference = await putJson(store, "never read");
    const value = { reference, again: SECRET, $$storageRef: 1, deep: [{ reference }] };
    const manager = new StorageManager({ store, resolvers: [vault(() => Promise.resolve(value))] });
    await expect(manager.hydrate([SECRET])).resolves.toEqual([value]);
  });

  it("may give the same object every time: no two places share it", async () => {
    const shared = { list: [1] };
    const manager = new StorageManager({ resolvers: [vault(() => Promise.resolve(shared))] });
    const [a, b] = await manager.hydrate<[typeof shared, typeof shared]>([SECRET, SECRET]);
    a.list.push(2);
    expect(b).toEqual({ list: [1] });
    expect(shared).toEqual({ list: [1] });
  });

  it.each([undefined, null, 0, "", [], new Uint8Array(2)])("may give %p", async (value) => {
    const manager = new StorageManager({ resolvers: [vault(() => Promise.resolve(value))] });
    await expect(manager.hydrate([SECRET])).resolves.toEqual([value]);
  });

  it("may not give a cycle", async () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const manager = new StorageManager({ resolvers: [vault(() => Promise.resolve(cyclic))] });
    expect((await failureOf(manager.hydrate(SECRET))).code).toBe("UNSERIALIZABLE");
  });

  it("are told of the whole reference, the step run, and a signal that fires with the call", async () => {
    let told: unknown;
    let signal: AbortSignal | undefined;
    const resolver: ReferenceResolver = {
      key: "$bubuVaultRef",
      matches: (value) => typeof value["field"] === "string",
      resolve: (reference, context) => {
        told = [reference, context.stepRunId];
        ({ signal } = context);
        return new Promise(() => undefined);
      },
    };
    const controller = new AbortController();
    const manager = new StorageManager({ resolvers: [resolver] });
    const value = { ...SECRET, field: "password" };
    const call = failureOf(
      manager.hydrate({ value, other: SECRET }, { stepRunId: "run-1", signal: controller.signal }),
    );
    await turn();
    expect(told).toEqual([value, "run-1"]);
    expect(signal!.aborted).toBe(false);
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(signal!.aborted).toBe(true);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("may hang, and fail when nobody listens any more", async () => {
    let fail: (error: Error) => void = () => undefined;
    const manager = new StorageManager({ resolvers: [vault(() => new Promise((_, reject) => (fail = reject)))] });
    const controller = new AbortController();
    const call = failureOf(manager.hydrate(SECRET, { signal: controller.signal }));
    await turn();
    controller.abort();
    expect((await call).code).toBe("ABORTED");
    fail(new Error("too late"));
    await turn();
  });

  it.each<[string, ReferenceResolver["resolve"]]>([
    ["rejects", () => Promise.reject(new TypeError("a resolver"))],
    [
      "throws",
      () => {
        throw new TypeError("a resolver");
      },
    ],
  ])("that %s makes the call fail with UNEXPECTED, and says that it was a resolver", async (_, resolve) => {
    const error = await failureOf(new StorageManager({ resolvers: [vault(resolve)] }).hydrate([SECRET, SECRET]));
    expect(error).toMatchObject({
      code: "UNEXPECTED",
      operation: "resolve",
      message: expect.stringContaining("resolver"),
    });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("whose `matches` throws makes the call fail in the same way", async () => {
    const cause = new TypeError("matches");
    const matches = (): boolean => {
      throw cause;
    };
    const manager = new StorageManager({ resolvers: [{ ...echo, matches }] });
    expect(await failureOf(manager.hydrate([SECRET]))).toMatchObject({ code: "UNEXPECTED", cause });
  });

  it("fail with their own StorageError", async () => {
    const error = new StorageError("PERMISSION_DENIED", "Not yours.");
    const manager = new StorageManager({ resolvers: [vault(() => Promise.reject(error))] });
    expect(await failureOf(manager.hydrate(SECRET))).toBe(error);
  });

  it("count as operations in flight", async () => {
    const waiting: (() => void)[] = [];
    const resolver = vault(() => new Promise((resolve) => waiting.push(() => resolve("done"))));
    const call = new StorageManager({ resolvers: [resolver], concurrency: 2 }).hydrate([SECRET, SECRET, SECRET]);
    await turn();
    expect(waiting).toHaveLength(2);
    waiting[0]!();
    await turn();
    expect(waiting).toHaveLength(3);
    for (const finish of waiting) finish();
    await expect(call).resolves.toEqual(["done", "done", "done"]);
  });
});

describe("the resolvers of Kubernetes, through the manager", () => {
  const asked: string[] = [];
  const client: KubernetesClient = {
    readSecret: (namespace, name) => {
      asked.push(`${namespace}/${name}`);
      const data = { token: Buffer.from('{"a":1}').toString("base64") };
      return Promise.resolve(name === "db" ? { data } : undefined);
    },
    readConfigMap: () => Promise.resolve({ data: { level: "debug" } }),
  };
  const manager = new StorageManager({ resolvers: kubernetesResolvers({ client, namespace: "orders" }) });

  it("put Secrets and ConfigMaps in place", async () => {
    await expect(
      manager.hydrate({ a: { $bubuSecretRef: "db:token" }, b: { $bubuConfigMapRef: { name: "app", key: "level" } } }),
    ).resolves.toEqual({ a: { a: 1 }, b: "debug" });
  });

  it.each<[object, string]>([
    [{ $bubuSecretRef: "missing:token" }, "NOT_FOUND"],
    [{ $bubuSecretRef: "db:missing" }, "NOT_FOUND"],
    [{ $bubuSecretRef: "other/db:token" }, "REFERENCE_DENIED"],
    [{ $bubuSecretRef: 7 }, "INVALID_REFERENCE"],
  ])("fail by their own codes: %j", async (value, code) => {
    expect((await failureOf(manager.hydrate([value]))).code).toBe(code);
  });

  it("leave an object alone that has more keys", async () => {
    const value = { $bubuSecretRef: "db:token", more: 1 };
    asked.length = 0;
    await expect(manager.hydrate(value)).resolves.toEqual(value);
    expect(asked).toEqual([]);
  });
});
