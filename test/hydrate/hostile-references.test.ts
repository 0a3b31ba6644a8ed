import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson, referenceTo, storedJson } from "../support/stored.js";

const GOOD = referenceTo("outputs/s/a.json", storedJson(1));

const BAD_PATHS = [
  "",
  "/",
  "/etc/passwd",
  "outputs/../secrets/a.json",
  "../secrets",
  "outputs/..",
  "..",
  "./outputs/s/a.json",
  "outputs/./a.json",
  "outputs//a.json",
  "outputs/s/",
  String.raw`outputs\s\a.json`,
  String.raw`outputs\..\..\etc\passwd`,
  String.raw`C:\secrets`,
  "outputs/s/\0.json",
  "outputs/s/a\n.json",
  "outputs/s/\u007f",
  "outputs/s/\u0085",
  "outputs/s/\ud800",
  `outputs/${"a".repeat(1024)}`,
  "s3://",
  "s3://bucket/../a",
  "s3://..//a",
  "s3://bucket/a//b",
  String.raw`s3://buck\et/a`,
];

const DENIED_PATHS = [
  "outputs2/s/a.json",
  "outputs.json",
  "output/s/a.json",
  "Outputs/s/a.json",
  "secrets/outputs/a.json",
  "inputsx/a.json",
  "a.json",
  "outputs%2F..%2Fsecrets/a.json",
];

const SCHEMES = [
  "s3://bucket/outputs/s/a.json",
  "http://169.254.169.254/latest",
  "x-y.z+1://c/a",
  "FILE://h/outputs/a",
];

const WRONG_FIELDS: [string, unknown][] = [
  ["$storageContentType", 7],
  ["$storageContentType", ""],
  ["$storageContentType", "json"],
  ["$storageContentType", null],
  ["$storageContentType", "text/plain\nx: y"],
  ["$storageSize", "5"],
  ["$storageSize", -1],
  ["$storageSize", 1.5],
  ["$storageSize", null],
  ["$storageSize", 2 ** 53],
  ["$storageDigest", 7],
  ["$storageDigest", ""],
  ["$storageDigest", "md5-abc"],
  ["$storageDigest", `sha256-${"A".repeat(42)}`],
  ["$storageDigest", `sha256-${"A".repeat(42)}=`],
  ["$storageDigest", null],
  ["$storageOffset", -1],
  ["$storageOffset", "0"],
  ["$storageOffset", 0.5],
  ["$storageEncoding", 7],
  ["$storageEncoding", ""],
  ["$storageEncoding", "gzip,"],
  ["$storageSchema", 7],
  ["$storageSchema", null],
  ["$storageSchemaVersion", 2],
  ["$storagePath", 7],
  ["$storagePath", ["a"]],
  ["$storageSignature", {}],
];

const cases = (paths: readonly string[]) => paths.map((path) => ({ path, shown: JSON.stringify(path).slice(0, 60) }));

/** Hydrates and opens a reference in several places. Nothing may be asked of the store. */
async function refusal(reference: object): Promise<string> {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const calls = [
    manager.hydrate(reference),
    manager.hydrate({ deep: [[reference]] }),
    manager.hydrate([GOOD, reference]), // not even the good one is read
    manager.open(reference as never),
  ];
  const codes = new Set<string>();
  for (const call of calls.map(failureOf)) codes.add((await call).code);
  expect(store.calls).toEqual([]);
  expect(codes.size).toBe(1);
  return [...codes].join();
}

describe("hostile references", () => {
  it.each(cases(BAD_PATHS))("are refused where the path is $shown", async ({ path }) => {
    await expect(refusal({ ...GOOD, $storageRef: path })).resolves.toBe("INVALID_REFERENCE");
    await expect(refusal({ $bubuStorageRef: path })).resolves.toBe("INVALID_REFERENCE");
  });

  it.each(cases(DENIED_PATHS))("are refused outside of the own prefixes: $shown", async ({ path }) => {
    await expect(refusal({ ...GOOD, $storageRef: path })).resolves.toBe("REFERENCE_DENIED");
    await expect(refusal({ $bubuStorageRef: path })).resolves.toBe("REFERENCE_DENIED");
  });

  it.each(cases(SCHEMES))("are refused with a scheme that the store does not know: $shown", async ({ path }) => {
    await expect(refusal({ ...GOOD, $storageRef: path })).resolves.toBe("UNKNOWN_SCHEME");
    await expect(refusal({ $bubuStorageRef: path })).resolves.toBe("UNKNOWN_SCHEME");
  });

  it.each(WRONG_FIELDS)("are refused where %s is %j", async (field, value) => {
    await expect(refusal({ ...GOOD, [field]: value })).resolves.toBe("INVALID_REFERENCE");
    const store = new RecordingStore();
    const error = await failureOf(new StorageManager({ store }).hydrate({ ...GOOD, [field]: value }));
    expect(error.message).toContain(field);
  });

  it.each(["$storageContentType", "$storageSize", "$storageDigest"])("are refused without %s", async (field) => {
    const rest = Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== field));
    await expect(refusal(rest)).resolves.toBe("INVALID_REFERENCE");
  });

  it.each(["ContentType", "Schema", "SchemaVersion", "Path"])(
    "are refused where $bubuStorage%s is none",
    async (field) => {
      const reference = { $bubuStorageRef: "outputs/s/a.json", [`$bubuStorage${field}`]: 7 };
      await expect(refusal(reference)).resolves.toBe("INVALID_REFERENCE");
    },
  );

  it.each(["gzip", "gzip,aes256gcm", "unheard-of"])("are DECODE_FAILED with the encoding %s", async (encoding) => {
    await expect(refusal({ ...GOOD, $storageEncoding: encoding })).resolves.toBe("DECODE_FAILED");
    const binary = { ...GOOD, $storageContentType: "image/png", $storageEncoding: encoding };
    await expect(refusal(binary)).resolves.toBe("DECODE_FAILED");
  });

  it.each([
    { ...GOOD, $storageRef: 7 },
    { ...GOOD, $storageRef: null },
    { ...GOOD, $storageRef: ["outputs/s/a.json"] },
    { $bubuStorageRef: "outputs/s/a.json", other: 1 },
    { $storageSize: 1, $storageDigest: "sha256-" },
    { $bubuStorageRef: "outputs/s/a.json", $storageSize: 1 },
    { $$storageRef: "outputs/s/a.json", x: 1 },
  ])("are data where they have not the form of one: %j", async (value) => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const { $$storageRef, ...rest } = value as Record<string, unknown>;
    const unescaped = $$storageRef === undefined ? value : { $storageRef: $$storageRef, ...rest };
    await expect(manager.hydrate([value])).resolves.toEqual([unescaped]);
    expect(store.calls).toEqual([]);
    expect((await failureOf(manager.open(value as never))).code).toBe("INVALID_REFERENCE");
  });

  it.each([
    { ...GOOD, other: 1 },
    { ...GOOD, __typename: "Film" },
    { ...GOOD, $storageref: 1 },
    { ...GOOD, $bubuStorageRef: "outputs/s/a.json" },
    { $storageRef: "any text", other: 1 },
  ])("are refused with a key beside those of a reference, and never data: %j", async (value) => {
    const store = new RecordingStore();
    const key = new Uint8Array(32).fill(7);
    for (const more of [{}, { signing: { keys: { k: key }, activeKeyId: "k" } }] as const) {
      const manager = new StorageManager({ store, ...more });
      const error = await failureOf(manager.hydrate({ a: [1, { "b.c": value }] }));
      expect(error.code).toBe("INVALID_REFERENCE");
      expect(error.message).toContain('it has a key beside those of a reference. It stands at $.a[1]["b.c"].');
      expect(error.message).not.toMatch(/other|typename|Film/);
      const problems = (await manager.verify({ a: [value] })).problems;
      expect(problems).toMatchObject([{ kind: "refused", at: "$.a[0]", error: { code: "INVALID_REFERENCE" } }]);
      expect((await failureOf(manager.open(value as never))).code).toBe("INVALID_REFERENCE");
      expect(() => manager.select(value as never, "a")).toThrow("a key beside those of a reference");
      const presigned = manager.presign(value as never, { method: "GET", expiresIn: 60 });
      expect((await failureOf(presigned)).code).toBe("INVALID_REFERENCE");
      for (const references of ["pass", "reject"] as const) {
        const refused = await failureOf(manager.dehydrate({ a: value }, { references }));
        expect(refused).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("$.a") });
      }
      const escaped = await manager.dehydrate({ a: value });
      await expect(manager.hydrate(escaped)).resolves.toEqual({ a: value });
    }
    expect(store.calls).toEqual([]);
  });

  it("that were spoilt are refused inside of stored objects too, by hydrate and both ways to verify", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const holder = await putJson(store, { inner: [{ ...GOOD, note: 1 }] });
    const error = await failureOf(manager.hydrate({ holder }));
    expect(error).toMatchObject({ code: "INVALID_REFERENCE", path: holder.$storageRef });
    expect(error.message).toContain("It stands at $.inner[0] of a stored object.");
    expect((await manager.verify({ holder })).problems).toMatchObject([
      { kind: "refused", at: "$.holder.inner[0]", error: { code: "INVALID_REFERENCE" } },
    ]);
    expect((await manager.verifyPrefix("outputs/")).problems).toMatchObject([
      { kind: "refused", at: "$.inner[0]", error: { code: "INVALID_REFERENCE" } },
    ]);
  });

  it("that were spoilt are data where nothing is escaped: in the dialect bubustack", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, dialect: "bubustack" });
    const payload = { text: "x".repeat(2000), data: { $storageRef: "any text", note: 1 } };
    const dehydrated = await manager.dehydrate(payload, { scope: "s", maxRecursionDepth: 0 });
    await expect(manager.hydrate(dehydrated)).resolves.toEqual(payload);
    await expect(new StorageManager({ store }).hydrate(dehydrated)).resolves.toEqual(payload);
    await expect(manager.verify(dehydrated)).resolves.toMatchObject({ ok: true, references: 1 });
    await expect(manager.verify(payload)).resolves.toMatchObject({ ok: true, references: 0 });
  });

  it("are refused inside of objects, and what is beside them is not read", async () => {
    const store = new RecordingStore();
    const good = await putJson(store.inner, "good");
    const evil = await putJson(store.inner, { good, evil: { $bubuStorageRef: "secrets/a.json" } });
    await store.inner.write("secrets/a.json", storedJson("secret"));
    expect((await failureOf(new StorageManager({ store }).hydrate(evil))).code).toBe("REFERENCE_DENIED");
    expect(store.paths("read")).toEqual([evil.$storageRef]);
  });

  it.each([null, undefined, 7, "outputs/s/a.json", [GOOD], {}])("open refuses what is none: %j", async (value) => {
    const store = new RecordingStore();
    expect((await failureOf(new StorageManager({ store }).open(value as never))).code).toBe("INVALID_REFERENCE");
    expect(store.calls).toEqual([]);
  });
});

describe("allow", () => {
  it("lets references pass that lie below its prefixes, of the manager and of the call", async () => {
    const store = new MemoryStore();
    const [a, b, c] = [
      await putJson(store, "a", "shared/team/a.json"),
      await putJson(store, "b", "imports/b.json"),
      await putJson(store, "c"),
    ];
    const manager = new StorageManager({ store, allow: ["shared/team"] });
    await expect(manager.hydrate([a, c])).resolves.toEqual(["a", "c"]);
    expect((await failureOf(manager.hydrate([a, b]))).code).toBe("REFERENCE_DENIED");
    await expect(manager.hydrate([a, b, c], { allow: ["imports/"] })).resolves.toEqual(["a", "b", "c"]);
    expect((await failureOf(manager.hydrate(b))).code).toBe("REFERENCE_DENIED"); // for that call only
    const read = await manager.open(a);
    expect(Buffer.from(await read.bytes()).toString()).toBe('"a"');
  });

  it("means whole segments", async () => {
    const store = new MemoryStore();
    const reference = await putJson(store, 1, "shared2/a.json");
    const error = await failureOf(new StorageManager({ store, allow: ["shared"] }).hydrate(reference));
    expect(error.code).toBe("REFERENCE_DENIED");
  });

  it("reads other prefixes than the default ones where these are the manager's own", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, outputPrefix: "tenant-1/out", inputPrefix: "tenant-1/in" });
    const own = await manager.dehydrate("x".repeat(2000));
    await expect(manager.hydrate(own)).resolves.toHaveLength(2000);
    const others = [await putJson(store, 1), await putJson(store, 1, "tenant-1/a.json")];
    for (const other of others) expect((await failureOf(manager.hydrate(other))).code).toBe("REFERENCE_DENIED");
  });

  it("reads nothing of a payload that was dehydrated under another prefix, unless that is listed", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const writer = new StorageManager({ store, allow: ["elsewhere"] });
    const elsewhere = await writer.dehydrate("x".repeat(2000), { prefix: "elsewhere" });
    expect((await failureOf(manager.hydrate(elsewhere))).code).toBe("REFERENCE_DENIED");
    await expect(manager.hydrate(elsewhere, { allow: ["elsewhere"] })).resolves.toHaveLength(2000);
  });
});
