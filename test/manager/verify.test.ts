import { StorageManager } from "../../src/manager/storage-manager.js";
import type { VerifyProblem } from "../../src/manager/verify/report.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { aes256gcm, gzip, type StorageManagerOptions } from "../../src/index.js";
import { longText } from "../support/payloads.js";
import { limited } from "../support/limited-store.js";
import { putJsonPack, putPack } from "../support/packed.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, put, putJson, referenceTo, storedJson } from "../support/stored.js";

const store = () => new MemoryStore();
const manage = (options: StorageManagerOptions) => new StorageManager(options);
const seen = (problems: readonly VerifyProblem[]) =>
  problems.map(({ kind, path, at, foundIn, error }) => ({ kind, path, at, foundIn, code: error?.code }));
const kinds = (problems: readonly VerifyProblem[]) => problems.map(({ kind }) => kind).sort();

const PAYLOAD = {
  text: longText("text"),
  list: Array.from({ length: 30 }, (_, i) => ({ id: i, note: longText(`note ${i}`) })),
  image: Buffer.from(longText("image", 5000)),
  nested: { deep: { a: longText("a", 900), b: longText("b", 900), bytes: Buffer.from("bytes") } },
};
const KEY = Buffer.alloc(32, 7);
const encryption = (key: Uint8Array = KEY) => aes256gcm({ keys: { k1: key }, activeKeyId: "k1" });

const VARIANTS: [string, Partial<StorageManagerOptions>][] = [
  ["as it is", {}],
  ["without packs", { pack: false }],
  ["with envelopes that leave", { maxEnvelopeSize: 1024 }],
  ["compressed", { codecs: [gzip()] }],
  ["compressed, without packs", { codecs: [gzip()], pack: false }],
  ["encrypted", { codecs: [encryption()] }],
  ["compressed and encrypted", { codecs: [gzip(), encryption()], maxEnvelopeSize: 1024 }],
];

describe("verify of what is whole", () => {
  it.each(VARIANTS)("finds nothing wrong: %s", async (_, options) => {
    const memory = store();
    const manager = manage({ store: memory, ...options });
    const payload = await manager.dehydrate(PAYLOAD, { scope: "s" });
    const objects = await objectsOf(memory);
    const size = [...objects.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);

    const report = await manager.verify(payload);
    expect(report).toMatchObject({ ok: true, problems: [], missing: 0, corrupt: 0, orphaned: 0, refused: 0 });
    expect(report.objects).toBe(objects.size);
    expect(report.references).toBeGreaterThan(2);
    expect(report.bytes).toBeGreaterThan(0);

    const ofPrefix = await manager.verify("outputs/", { payloads: [payload] });
    expect(ofPrefix).toMatchObject({ ok: true, problems: [], unchecked: 0, objects: objects.size, bytes: size });
    expect(ofPrefix.lastPath).toBe([...objects.keys()].at(-1));

    const reference = await manage({ store: limited(["rangeRead"], memory), ...options }).verify(payload);
    expect(reference).toEqual(report);
  });
});

describe("verify", () => {
  it("smoke", async () => {
    const memory = store();
    const inner = await putJson(memory, "inner");
    const gone = referenceTo("outputs/s/gone.json", storedJson(1));
    const outer = await putJson(memory, { a: [inner, gone] });
    const report = await manage({ store: memory }).verify({ x: outer });
    expect(seen(report.problems)).toEqual([
      { kind: "missing", path: "outputs/s/gone.json", at: "$.x.a[1]", foundIn: outer.$storageRef, code: "NOT_FOUND" },
    ]);
    const ofPrefix = await manage({ store: memory }).verify("");
    expect(seen(ofPrefix.problems)).toEqual([
      { kind: "missing", path: "outputs/s/gone.json", at: "$.a[1]", foundIn: outer.$storageRef, code: "NOT_FOUND" },
    ]);
    expect(kinds(ofPrefix.problems)).toEqual(["missing"]);
    void putPack; void putJsonPack; void put; void RecordingStore;
    const x: StorageReference | undefined = undefined; void x;
  });
});
