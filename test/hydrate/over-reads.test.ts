import { StorageManager } from "../../src/manager/storage-manager.js";
import { putPack } from "../support/packed.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson } from "../support/stored.js";

const KiB = 1024;

describe("bytes that nobody wants, between entries that share an object", () => {
  it("are 8 MiB at most in all packs of a call together, and on all its levels", async () => {
    const store = new RecordingStore();
    const between = Buffer.alloc(100 * KiB);
    const ends = Array.from({ length: 31 }, () => Buffer.from("x"));
    const references: unknown[] = [];
    for (let pack = 0; pack < 8; pack++) {
      const path = `outputs/s/${pack}.bin`;
      references.push(...(await putPack(store.inner, ends, { between, path, contentType: "a/b" })));
    }
    const below = await putJson(store.inner, references.splice(0, references.length / 2), "outputs/s/below.json");
    await new StorageManager({ store }).hydrate([below, ...references]);
    const reads = store.calls.filter(({ operation }) => operation === "read");
    const read = reads.reduce((sum, { options: { length = 0 } }) => sum + length, 0);
    // 24 MiB lie between them.
    expect(read).toBeLessThanOrEqual(8 * KiB * KiB + 8 * ends.length);
    expect(read).toBeGreaterThan(7 * KiB * KiB);
  });

  it("are as many more as are wanted", async () => {
    const store = new RecordingStore();
    const [entry, between] = [Buffer.alloc(3 * KiB * KiB), Buffer.alloc(5 * KiB * KiB)];
    const references: unknown[] = [];
    for (const path of ["outputs/s/a.bin", "outputs/s/b.bin"]) {
      references.push(...(await putPack(store.inner, [entry, entry], { between, path, contentType: "a/b" })));
    }
    await new StorageManager({ store }).hydrate(references);
    const reads = store.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options }) => options.length)).toEqual([11 * KiB * KiB, 11 * KiB * KiB]);
  });
});
