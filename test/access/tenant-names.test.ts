import fc from "fast-check";
import type { StorageReference } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { pathProblem } from "../../src/paths/path.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { encodePath } from "../../src/store/drivers/file/path-encoding.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { useDirectories } from "../store/drivers/file/file-roots.js";
import { codePoint } from "../support/code-point.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, referenceTo, storedJson } from "../support/stored.js";

const newDirectory = useDirectories();

async function listed(manager: StorageManager, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of manager.list(prefix)) paths.push(path);
  return paths;
}

const pathsOf = async (store: Store) => [...(await objectsOf(store)).keys()];

describe("A tenant whose prefix is absolute", () => {
  function routed() {
    const containers = new Map<string, RecordingStore>();
    const mem = ({ container }: { container: string }): Store => {
      const store = new RecordingStore();
      containers.set(container, store);
      return store;
    };
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem } });
    const manager = new StorageManager({ store, outputPrefix: "mem://out/data", inputPrefix: "mem://in/data" });
    return { manager, containers };
  }

  it("has its name percent-encoded in references, and as it is in the store", async () => {
    const { manager, containers } = routed();
    const name = "a b%2e?#é";
    const tenant = manager.forTenant(name);
    const reference = (await tenant.dehydrate(longText("x"), { scope: "s" })) as StorageReference;
    expect(reference.$storageRef).toMatch(/^mem:\/\/out\/data\/a%20b%252e%3F%23%C3%A9\/s\/[0-9a-f]{64}\.json$/);
    expect(await pathsOf(containers.get("out")!)).toEqual([expect.stringContaining(`data/${name}/s/`)]);
    expect(await tenant.hydrate(reference)).toBe(longText("x"));
    expect(await listed(tenant, "mem://out/data/a%20b%252e%3F%23%C3%A9/")).toEqual([reference.$storageRef]);
    expect(await tenant.release("s")).toEqual({ deleted: 1 });
  });

  it.each([
    "mem://out/data/b/x",
    "mem://out/data/ab/x",
    "mem://out/data/%62/x",
    "mem://other/data/a/x",
    "mem://OUT/data/a/x",
    "data/a/x",
    "mem://out/x",
    "mem2://out/data/a/x",
  ])("does not reach %s", async (path) => {
    const { manager, containers } = routed();
    const tenant = manager.forTenant("a");
    for (const call of [
      tenant.readBlob(path),
      tenant.writeBlob(path, ""),
      tenant.delete(path),
      listed(tenant, path),
      tenant.hydrate(referenceTo(path, storedJson(1))),
      tenant.presign(path, { method: "GET", expiresIn: 1 }),
    ].map(failureOf)) {
      expect((await call).code).toMatch(/^(REFERENCE_DENIED|UNKNOWN_SCHEME)$/);
    }
    expect(containers.size).toBe(0);
  });

  it.each([
    "mem://out/data/a/%2e%2e/b/x",
    "mem://out/data/a%2f..%2fb/x",
    "mem://out/data/a/../b/x",
    "mem://out/data/a/%",
  ])("takes %s for no path", async (path) => {
    const { manager, containers } = routed();
    const tenant = manager.forTenant("a");
    for (const call of [
      tenant.readBlob(path),
      listed(tenant, path),
      tenant.hydrate(referenceTo(path, storedJson(1))),
    ].map(failureOf)) {
      expect((await call).code).toMatch(/^INVALID_(PATH|REFERENCE)$/);
    }
    expect(containers.size).toBe(0);
  });

  it("takes nothing for a path that reads like one, and like another one later", async () => {
    const { manager, containers } = routed();
    let times = 0;
    const changing = { toString: () => `mem://out/data/${times++ < 3 ? "a" : "b"}/x` } as unknown as string;
    for (const call of [manager.forTenant("a").readBlob(changing), listed(manager.forTenant("a"), changing)].map(
      failureOf,
    )) {
      expect((await call).code).toBe("INVALID_PATH");
    }
    expect(containers.size).toBe(0);
  });

  it("reaches its own, however it is written", async () => {
    const { manager } = routed();
    const tenant = manager.forTenant("a");
    await tenant.writeBlob("MEM://out/d%61ta/%61/x", "text");
    expect(Buffer.from(await tenant.readBlob("mem://out/data/a/x")).toString()).toBe("text");
  });
});

describe("Tenants with names that look alike", () => {
  const ALIKE = [
    "é",
    "e\u0301",
    "E\u0301",
    "a",
    "A",
    "а",
    "ａ",
    "a ",
    "a.",
    "%61",
    "%2e%2e",
    "...",
    "ß",
    "ss",
    "ẞ",
    "ı",
    "i",
    "İ",
  ];

  /** Writes for all of them, and looks what each of them sees. */
  async function expectApart(manager: StorageManager): Promise<void> {
    const references = new Map<string, unknown>();
    for (const name of ALIKE) {
      references.set(name, await manager.forTenant(name).dehydrate(longText(name), { scope: "s" }));
    }
    for (const name of ALIKE) {
      const tenant = manager.forTenant(name);
      expect(await listed(tenant, `outputs/${name}/`)).toHaveLength(1);
      for (const [other, reference] of references) {
        if (other === name) expect(await tenant.hydrate(reference)).toBe(longText(name));
        else expect((await failureOf(tenant.hydrate(reference))).code).toBe("REFERENCE_DENIED");
      }
      await tenant.release("s");
      references.delete(name);
      for (const [other, reference] of references) {
        expect(await manager.forTenant(other).hydrate(reference)).toBe(longText(other));
      }
    }
  }

  it("are not conflated by a MemoryStore", async () => {
    await expectApart(new StorageManager({ store: new MemoryStore() }));
  });

  it.each([false, true])("are not conflated by a FileStore, caseInsensitive: %j", async (caseInsensitive) => {
    const store = new FileStore({ root: await newDirectory(), fsync: false, caseInsensitive });
    await expectApart(new StorageManager({ store }));
  });

  it("have names on disk that no file system takes for one", () => {
    const property = fc.property(fc.uniqueArray(fc.string({ unit: codePoint, minLength: 1 })), (strings) => {
      const names = [...ALIKE, ...strings].filter((name) => !name.includes("/") && pathProblem(name) === undefined);
      const onDisk = names.map((name) => encodePath(`outputs/${name}/s/x`, { caseInsensitive: true }).join("/"));
      const seen = onDisk.map((path) =>
        path
          .normalize("NFKC")
          .toLowerCase()
          .replace(/[. ]+(\/|$)/g, "$1"),
      );
      expect(new Set(seen).size).toBe(new Set(names).size);
    });
    fc.assert(property);
  });
});
