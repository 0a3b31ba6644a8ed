import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { StorageError } from "../../src/errors/error.js";
import { pathProblem } from "../../src/paths/path.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { withRetry } from "../../src/store/layers/retry.js";
import { withTimeout } from "../../src/store/layers/timeout.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { CallLayer } from "../../src/store/layers/call-layer.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { useDirectories } from "../store/drivers/file/file-roots.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, putJson, referenceTo, storedJson } from "../support/stored.js";

const newDirectory = useDirectories();

/** A store with a primary and a store for each container of `mem`. */
function routing() {
  const primary = new RecordingStore();
  const containers = new Map<string, RecordingStore>();
  const mem = ({ container }: { container: string }): Store => {
    const store = new RecordingStore();
    containers.set(container, store);
    return store;
  };
  return { primary, containers, store: new RoutingStore({ primary, schemes: { mem } }) };
}

class Layer extends CallLayer {
  static over(inner: Store): Layer {
    return new Layer(inner);
  }
}

const PAYLOAD = { text: longText("a"), list: Array.from({ length: 500 }, (_, i) => i), bytes: Buffer.from("bytes") };
const HYDRATED = { ...PAYLOAD, bytes: new Uint8Array(PAYLOAD.bytes) };

const refsOf = (value: unknown) => Object.values(value as Record<string, StorageReference>).map((r) => r.$storageRef);
const pathsOf = async (store: Store) => [...(await objectsOf(store)).keys()];

describe("A manager whose prefix is absolute", () => {
  it("writes there, and reads what it wrote", async () => {
    const { store, primary, containers } = routing();
    const manager = new StorageManager({ pack: false, store, outputPrefix: "MEM://Bucket/pre fix/100%25" });
    const dehydrated = await manager.dehydrate(PAYLOAD, { scope: "run é/step" });
    for (const ref of refsOf(dehydrated)) {
      expect(ref).toMatch(/^mem:\/\/Bucket\/pre%20fix\/100%25\/run%20%C3%A9\/step\/[0-9a-f]{64}\.(json|bin)$/);
    }
    const paths = await pathsOf(containers.get("Bucket")!);
    expect(paths).toHaveLength(3);
    for (const path of paths) expect(path).toMatch(/^pre fix\/100%\/run é\/step\/[0-9a-f]{64}\.(json|bin)$/);
    await expect(manager.hydrate(JSON.parse(JSON.stringify(dehydrated)))).resolves.toEqual(HYDRATED);
    expect(primary.calls).toEqual([]);
  });

  it("does so for inputs, and for the prefix of one call, which another has to allow", async () => {
    const { store, containers } = routing();
    const options = { pack: false, store, inputPrefix: "mem://in/inputs" } as const;
    const writer = new StorageManager({ ...options, allow: ["mem://call"] });
    const manager = new StorageManager(options);
    const inputs = await writer.dehydrateInputs(longText("a"));
    const call = await writer.dehydrate(longText("b"), { prefix: "mem://call/p" });
    const plain = await writer.dehydrate(longText("c"));
    expect([...containers.keys()]).toEqual(["in", "call"]);
    await expect(manager.hydrate([inputs, plain])).resolves.toEqual([longText("a"), longText("c")]);
    expect((await failureOf(manager.hydrate([inputs, call]))).code).toBe("REFERENCE_DENIED");
    for (const allow of ["mem://call/p", "MEM://call", "mem://call/%70/"]) {
      await expect(manager.hydrate(call, { allow: [allow] })).resolves.toBe(longText("b"));
    }
  });

  it("plans what it would write, without I/O", () => {
    const { store, primary, containers } = routing();
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p" });
    const { value } = manager.plan({ text: longText("a") }, { scope: "s" });
    expect(refsOf(value)[0]).toMatch(/^mem:\/\/c\/p\/s\/[0-9a-f]{64}\.json$/);
    expect(primary.calls).toEqual([]);
    expect(containers.size).toBe(0);
  });

  it("sees to the size of the envelope with references as long as they are", async () => {
    const { store } = routing();
    const outputPrefix = `mem://c/${"ü".repeat(200)}`;
    const manager = new StorageManager({ store, outputPrefix, maxEnvelopeSize: 4096, maxInlineSize: 64 });
    for (let count = 1; count < 12; count++) {
      const payload = Array.from({ length: count }, (_, i) => longText(String(i), 100));
      const plan = manager.plan(payload);
      const dehydrated = await manager.dehydrate(payload);
      expect(Buffer.byteLength(JSON.stringify(dehydrated))).toBe(plan.inlineSize);
      expect(plan.inlineSize).toBeLessThanOrEqual(4096);
      await expect(manager.hydrate(dehydrated)).resolves.toEqual(payload);
    }
  });

  it("gives back every scope and prefix that a path can have", async () => {
    const text = fc
      .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })
      .map((segments) => segments.join("/"))
      .filter((path) => pathProblem(path) === undefined);
    await fc.assert(
      fc.asyncProperty(text, text, async (prefix, scope) => {
        const { store, containers } = routing();
        const outputPrefix = `mem://c/${prefix.split("/").map(encodeURIComponent).join("/")}`;
        const manager = new StorageManager({ store, outputPrefix, inputPrefix: outputPrefix });
        const dehydrated = await manager.dehydrate({ a: longText("a") }, { scope });
        const [path] = await pathsOf(containers.get("c")!);
        expect(path!.startsWith(`${prefix}/${scope}/`)).toBe(true);
        await expect(manager.hydrate(dehydrated)).resolves.toEqual({ a: longText("a") });
        await expect(manager.release(scope)).resolves.toEqual({ deleted: 1 });
      }),
      { numRuns: 60 },
    );
  });

  it("leaves out the content type where the store it leads to has none for it", async () => {
    const file = new FileStore({ root: await newDirectory(), fsync: false });
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { file } });
    for (const outer of [store, Layer.over(Layer.over(store)), withRetry(withTimeout(store, { timeout: 30_000 }))]) {
      const manager = new StorageManager({ store: outer, outputPrefix: "file:///shared" });
      const dehydrated = await manager.dehydrate({ text: longText("a") });
      expect(refsOf(dehydrated)[0]).toMatch(/^file:\/\/\/shared\//);
      await expect(manager.hydrate(dehydrated)).resolves.toEqual({ text: longText("a") });
    }
    const other = withRetry(new RoutingStore({ primary: file, schemes: { mem: new MemoryStore() } }));
    const manager = new StorageManager({ store: other, outputPrefix: "mem://c/p" });
    const [ref] = refsOf(await manager.dehydrate({ text: longText("a") }));
    expect((await other.stat(ref!))?.contentType).toBe("application/json");
  });

  it("fails as the write does where the store could not be opened, and a layer may try that again", async () => {
    let opened = 0;
    const mem = (): Store => {
      if (++opened < 3) throw new StorageError("UNAVAILABLE", "Not yet.");
      return new MemoryStore();
    };
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem } });
    const call = new StorageManager({ store, outputPrefix: "mem://c/p" }).dehydrate({ text: longText("a") });
    const failure = { code: "UNAVAILABLE", operation: "write" };
    expect(await failureOf(call)).toMatchObject(failure);
    class Again extends Layer {
      static override over(inner: Store): Again {
        return new Again(inner);
      }
      override async write(...call: Parameters<Store["write"]>): ReturnType<Store["write"]> {
        return super.write(...call).catch(() => super.write(...call));
      }
    }
    opened = 0;
    const manager = new StorageManager({ store: Again.over(store), outputPrefix: "mem://d/p" });
    const dehydrated = await manager.dehydrate({ text: longText("a") });
    await expect(manager.hydrate(dehydrated)).resolves.toEqual({ text: longText("a") });
  });

  it("takes away what a failed call has written", async () => {
    const { store, containers } = routing();
    await store.stat("mem://c/a");
    const mem = containers.get("c")!;
    const write = mem.write.bind(mem);
    mem.write = (path, body, options) =>
      path.endsWith(".bin") ? Promise.reject(new Error("full")) : write(path, body, options);
    const manager = new StorageManager({ pack: false, store, outputPrefix: "mem://c/p", concurrency: 1 });
    expect((await failureOf(manager.dehydrate(PAYLOAD))).path).toMatch(/^mem:\/\/c\/p\/.*\.bin$/);
    expect(await pathsOf(mem)).toEqual([]);
  });
});

describe("References into many stores", () => {
  it("are hydrated together, through layers too", async () => {
    const { store } = routing();
    const [a, b] = [await putJson(store, "a", "mem://one/x/1"), await putJson(store, "b", "mem://two/y/1")];
    const c = await putJson(store, { nested: [a, b] }, "outputs/c");
    for (const outer of [store, Layer.over(store)]) {
      const manager = new StorageManager({ store: outer, allow: ["mem://one/x", "mem://two"] });
      await expect(manager.hydrate([c, b])).resolves.toEqual([{ nested: ["a", "b"] }, "b"]);
    }
  });

  it("are told apart by container, and are the same however they are written", async () => {
    const { store, containers } = routing();
    const allow = ["mem://one", "mem://two"];
    const one = await putJson(store, "first", "mem://one/outputs/a b");
    const two = await putJson(store, "second", "mem://two/outputs/a b");
    const plain = await putJson(store, "third", "outputs/a b");
    const manager = new StorageManager({ store, allow });
    const same = { ...one, $storageRef: "MEM://one/outputs/a%20b" };
    await expect(manager.hydrate([one, two, plain, same])).resolves.toEqual(["first", "second", "third", "first"]);
    expect(containers.get("one")!.paths("read")).toEqual(["outputs/a b"]);
  });

  it("are a cycle only where they lead to the same container", async () => {
    const { store } = routing();
    const manager = new StorageManager({ store, allow: ["mem://one", "mem://two"] });
    const leaf = await putJson(store, "leaf", "mem://two/a");
    const inner = await putJson(store, [leaf], "mem://one/a");
    await expect(manager.hydrate(inner)).resolves.toEqual(["leaf"]);
    const back = { $bubuStorageRef: "MEM://one/%61" };
    await putJson(store, [{ $bubuStorageRef: "mem://one/a" }], "mem://two/a");
    await putJson(store, [{ $bubuStorageRef: "mem://two/a" }], "mem://one/a");
    const error = await failureOf(manager.hydrate(back));
    expect(error).toMatchObject({ code: "CYCLIC_REFERENCE", path: "mem://one/a" });
  });

  it("name their absolute path in errors", async () => {
    const { store } = routing();
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p" });
    const missing = referenceTo("MEM://c/p/a b", storedJson("x"));
    expect(await failureOf(manager.hydrate(missing))).toMatchObject({ code: "NOT_FOUND", path: "mem://c/p/a%20b" });
    await store.write("mem://c/p/a b", storedJson("y"));
    for (const call of [manager.hydrate(missing), manager.open(missing)].map(failureOf)) {
      expect(await call).toMatchObject({ code: "INTEGRITY", path: "mem://c/p/a%20b" });
    }
    await store.write("mem://c/p/a b", "{");
    const broken = manager.hydrate({ $bubuStorageRef: "mem://c/p/a b" });
    expect(await failureOf(broken)).toMatchObject({ code: "DECODE_FAILED", path: "mem://c/p/a%20b" });
    const encoded = manager.hydrate({ ...missing, $storageEncoding: "gzip" });
    expect(await failureOf(encoded)).toMatchObject({ code: "DECODE_FAILED", path: "mem://c/p/a%20b" });
  });

  it("are opened", async () => {
    const { store } = routing();
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p" });
    const dehydrated = (await manager.dehydrate({ t: longText("a"), b: Buffer.from("b") })) as Record<
      string,
      StorageReference
    >;
    const text = await manager.open(dehydrated["t"]!);
    expect(Buffer.from(await text.bytes()).toString()).toBe(longText("a"));
    const binary = await manager.open(dehydrated["b"]!);
    expect(binary.info.path).toBe(dehydrated["b"]!.$storageRef);
    expect(Buffer.from(await binary.bytes()).toString()).toBe("b");
  });

  it("that are passed on stay as they are", async () => {
    const { store } = routing();
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p", references: "pass" });
    const reference = referenceTo("mem://c/p/x", storedJson("x"));
    await expect(manager.dehydrate({ reference })).resolves.toEqual({ reference });
    const bad = { reference: { ...reference, $storageRef: "mem://user:pw@c/x" } };
    expect((await failureOf(manager.dehydrate(bad))).code).toBe("INVALID_REFERENCE");
  });

  it("are data where nobody passes them", async () => {
    const { store } = routing();
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p" });
    const payload = { forged: referenceTo("mem://c/p/x", storedJson("x")), long: longText("a") };
    await expect(manager.hydrate(await manager.dehydrate(payload))).resolves.toEqual(payload);
  });
});

describe("Other calls of a manager, by absolute paths", () => {
  it("write, read, list and delete", async () => {
    const { store, primary, containers } = routing();
    const manager = new StorageManager({ store });
    expect(await manager.writeBlob("mem://c/a b", "content")).toMatchObject({ path: "mem://c/a b", size: 7 });
    await manager.writeBlob("mem://c/b", "more");
    expect(Buffer.from(await manager.readBlob("mem://c/a%20b", { offset: 3 })).toString()).toBe("tent");
    const listed: string[] = [];
    for await (const { path } of manager.list("mem://c/")) listed.push(path);
    expect(listed).toEqual(["mem://c/a%20b", "mem://c/b"]);
    for (const path of listed) await manager.delete(path);
    expect(await pathsOf(containers.get("c")!)).toEqual([]);
    expect(primary.calls).toEqual([]);
    const unknown = [manager.writeBlob("x://c/a", ""), manager.readBlob("x://c/a"), manager.delete("x://c/a")];
    for (const error of await Promise.all(unknown.map(failureOf))) expect(error.code).toBe("UNKNOWN_SCHEME");
  });

  it("release scopes under both prefixes, wherever those are", async () => {
    const { store, primary, containers } = routing();
    const manager = new StorageManager({ pack: false, store, outputPrefix: "mem://c/out" });
    for (const scope of ["run é", "run é/step"]) {
      await manager.dehydrate([longText("a"), longText("b")], { scope });
      await manager.dehydrateInputs(longText("c"), { scope });
    }
    const kept = await manager.dehydrate({ a: longText("a") }, { scope: "run éx" });
    await expect(manager.release("run é")).resolves.toEqual({ deleted: 6 });
    await expect(manager.hydrate(kept)).resolves.toEqual({ a: longText("a") });
    expect(await pathsOf(primary.inner)).toEqual([]);
    expect(await pathsOf(containers.get("c")!)).toHaveLength(1);
  });
});
