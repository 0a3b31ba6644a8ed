import { isStorageError } from "../../src/errors/error.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { referenceTo, storedJson } from "../support/stored.js";

const GOOD = referenceTo("outputs/s/a.json", storedJson(1));

/** Hydrates and opens a reference in several places, own prefixes being `outputs` and `mem://own/in`. */
async function refusal(ref: string, allow: readonly string[] = []): Promise<string> {
  const primary = new RecordingStore();
  const mem = new RecordingStore();
  const opened = jest.fn(() => mem);
  const store = new RoutingStore({
    primary,
    schemes: { mem: opened },
    aliases: { m: "mem" },
    primaryScheme: "own://p",
  });
  const manager = new StorageManager({ store, inputPrefix: "mem://own/in", allow });
  const codes = new Set<string>();
  for (const reference of [{ ...GOOD, $storageRef: ref }, { $bubuStorageRef: ref }]) {
    const calls = [
      manager.hydrate(reference),
      manager.hydrate({ deep: [[reference]] }),
      manager.hydrate([GOOD, reference]), // not even the good one is read
      manager.open(reference),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      codes.add(error.code);
      expect(error.message).not.toContain("s3cr3t");
    }
  }
  expect([...primary.calls, ...mem.calls]).toEqual([]);
  expect(opened).not.toHaveBeenCalled();
  expect(codes.size).toBe(1);
  return [...codes].join();
}

describe("Hostile references to a store that routes", () => {
  it.each([
    "mem://own/in/../out/a",
    "mem://own/in/%2e%2e/out/a",
    "mem://own/in/%2E%2e/out/a",
    "mem://own/in/a%2F..%2F..%2Fout",
    "mem://own/in/a%5C..%5Cout",
    "mem://own/in//a",
    "mem://own/in/",
    "mem://own/in/%00",
    "mem://own/in/%ff",
    "mem://own/in/%",
    "mem://own",
    "mem://own/",
    "mem://",
    "mem://user:s3cr3t@own/in/a",
    "mem://:s3cr3t@own/in/a",
    "mem://own%2Fin/a",
    "mem://own?x/in/a",
    "mem://own#x/in/a",
    "mem://../in/a",
    String.raw`mem://own\in/a`,
    `mem://own/in/${"a".repeat(1025)}`,
  ])("are refused where they are none: %s", async (ref) => {
    await expect(refusal(ref)).resolves.toBe("INVALID_REFERENCE");
  });

  it.each([
    "mem://other/in/a",
    "mem://own/a",
    "mem://own/input/a",
    "mem://own/IN/a",
    "mem://Own/in/a",
    "mem://own.evil/in/a",
    "mem://user@own/in/a",
    "mem://own:1/in/a",
    "mem:///in/a",
    "mem://own/in%20/a",
    "mem://own/in%252Fa",
    "mem://outputs/s/a",
    "s3://own/in/a",
    "s3://outputs/s/a",
    // The same store, but not by the name that is allowed.
    "m://own/in/a",
    "own://p/outputs/s/a",
    "own://q/outputs/s/a",
  ])("are refused where nobody allows them: %s", async (ref) => {
    await expect(refusal(ref)).resolves.toBe("REFERENCE_DENIED");
  });

  it.each(["http://169.254.169.254/latest", "x://own/in/a", "memx://own/in/a", "file:///etc/passwd"])(
    "are refused where the store does not know the scheme, allowed or not: %s",
    async (ref) => {
      await expect(refusal(ref)).resolves.toBe("UNKNOWN_SCHEME");
      await expect(refusal(ref, ["http://169.254.169.254", "x://own", "memx://own", "file:///etc"])).resolves.toBe(
        "UNKNOWN_SCHEME",
      );
    },
  );

  it.each([
    ["mem://other", "mem://others/a"],
    ["mem://other/a", "mem://other/ab"],
    ["mem://other/a%20b", "mem://other/a%2520b"],
    ["m://own/in", "mem://own/out"],
  ])("%s does not allow %s", async (allow, ref) => {
    await expect(refusal(ref, [allow])).resolves.toBe("REFERENCE_DENIED");
  });

  it("are read where they are allowed by the name that they use, in whatever case and escapes", async () => {
    const mem = new RecordingStore();
    const bytes = storedJson("value");
    await mem.inner.write("in/a b", bytes);
    const store = new RoutingStore({ primary: new RecordingStore(), schemes: { mem }, aliases: { m: "mem" } });
    const manager = new StorageManager({ store, inputPrefix: "mem://own/in", allow: ["M://own/i%6E"] });
    for (const ref of ["mem://own/in/a b", "MEM://own/%69n/a%20b", "m://own/in/a b", "M://own/in/%61%20b"]) {
      await expect(manager.hydrate(referenceTo(ref, bytes))).resolves.toBe("value");
    }
  });

  it("say UNKNOWN_SCHEME for a container that nothing answers to, before the others are read", async () => {
    const primary = new RecordingStore();
    const store = new RoutingStore({ primary, primaryScheme: "own://p" });
    const manager = new StorageManager({ store, allow: ["own://q"] });
    const error = await failureOf(manager.hydrate({ $bubuStorageRef: "own://q/a" }));
    expect(error).toMatchObject({ code: "UNKNOWN_SCHEME", path: "own://q/a" });
    expect(primary.calls).toEqual([]);
  });
});

describe("Prefixes", () => {
  const managerOf = (store: Store | undefined, options: object) => new StorageManager({ store, ...options });

  it.each([
    ["a store that does not route", (primary: Store) => primary],
    ["a store that does not know the scheme", (primary: Store) => new RoutingStore({ primary })],
  ])("with a scheme are UNKNOWN_SCHEME with %s, before any I/O", async (_, wrap) => {
    const primary = new RecordingStore();
    const manager = managerOf(wrap(primary), { outputPrefix: "x://c/out", inputPrefix: "inputs", allow: ["y://c"] });
    const calls = [
      manager.dehydrate({ small: 1 }),
      manager.dehydrate(longText("a")),
      manager.dehydrate(longText("a"), { prefix: "y://c/p" }),
      manager.dehydrateInputs(longText("a"), { prefix: "y://c/p" }),
      manager.release("scope"),
      Promise.resolve().then(() => manager.plan(longText("a"))),
    ];
    const errors = await Promise.all(calls.map(failureOf));
    expect(errors.map(({ code }) => code)).toEqual(calls.map(() => "UNKNOWN_SCHEME"));
    expect(errors.map(({ operation }) => operation)).toEqual([...Array(4).fill("dehydrate"), "release", "dehydrate"]);
    expect(primary.calls).toEqual([]);
  });

  it("with a scheme don't keep small payloads from passing where storage is disabled", async () => {
    await expect(managerOf(undefined, { outputPrefix: "x://c/out" }).dehydrate({ a: 1 })).resolves.toEqual({ a: 1 });
  });

  it.each([
    "mem://",
    "mem://c",
    "mem://c/",
    "mem://c/p/",
    "mem://c//p",
    "mem://c/../p",
    "mem://c/%2e%2e/p",
    "mem://c/a%2Fb",
    "mem://user:s3cr3t@c/p",
    "mem:///p",
    "mem://c/%",
    `mem://c/${"x".repeat(1025)}`,
    "1m://c/p",
  ])("are CONFIG_INVALID where they are none: %s", async (prefix) => {
    for (const field of ["outputPrefix", "inputPrefix", "prefix"]) {
      const error: unknown = await (async () =>
        field === "prefix"
          ? managerOf(undefined, {}).dehydrate(1, { prefix })
          : managerOf(undefined, { [field]: prefix }))().catch((thrown: unknown) => thrown);
      expect(isStorageError(error, "CONFIG_INVALID")).toBe(true);
      expect((error as Error).message).toContain(`${field}: must be a valid object path or scheme://container/prefix`);
      expect((error as Error).message).not.toContain("s3cr3t");
    }
  });

  it.each(["mem://user:s3cr3t@c", "mem://c?x", "mem://a b", "mem://../p"])("in allow are none either: %s", (allow) => {
    expect(() => managerOf(undefined, { allow: [allow] })).toThrow("allow");
  });

  it("and scope are too long together as any path is, whatever their escapes", async () => {
    const primary = new RecordingStore();
    const store = new RoutingStore({ primary, schemes: { mem: primary } });
    const manager = managerOf(store, { outputPrefix: `mem://c/${"p".repeat(500)}` });
    expect(await failureOf(manager.dehydrate(longText("a"), { scope: "s".repeat(500) }))).toMatchObject({
      code: "CONFIG_INVALID",
      operation: "dehydrate",
    });
    // 300 bytes, 900 with escapes.
    await expect(manager.dehydrate(longText("a"), { scope: "ü".repeat(150) })).resolves.toBeDefined();
  });
});

describe("The dialect bubustack", () => {
  const mem = new RecordingStore();
  const store = new RoutingStore({ primary: new RecordingStore(), schemes: { mem } });

  it("writes no absolute references, which its readers could not follow", async () => {
    for (const field of ["outputPrefix", "inputPrefix"]) {
      const options = { store, dialect: "bubustack", [field]: "mem://c/p", maxInlineSize: -1 } as const;
      expect(() => new StorageManager(options)).toThrow(`${field}: can't have a scheme`);
      expect(() => new StorageManager(options)).toThrow("maxInlineSize");
    }
    const manager = new StorageManager({ store, dialect: "bubustack" });
    const error = await failureOf(manager.dehydrate(longText("a"), { prefix: "mem://c/p" }));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("prefix: can't have a scheme");
    expect(mem.calls).toEqual([]);
  });

  it("reads them where they are allowed", async () => {
    await mem.inner.write("p/a", storedJson("value"));
    const manager = new StorageManager({ store, dialect: "bubustack", allow: ["mem://c/p"] });
    await expect(manager.hydrate({ $bubuStorageRef: "mem://c/p/a" })).resolves.toBe("value");
  });
});
