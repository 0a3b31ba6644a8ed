import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { storedJson } from "../support/stored.js";
import { someBytes } from "../support/stream-sources.js";

const keys = { k: randomBytes(32) };
const encrypting = [gzip(), aes256gcm({ keys, activeKeyId: "k" })];
const MIB = 1 << 20;

/** A reference without one of its fields. */
function without<T extends object>(reference: T, field: string): T {
  return Object.fromEntries(Object.entries(reference).filter(([name]) => name !== field)) as T;
}

/** What an attacker can do who writes both bucket and broker: put bytes anywhere, and refer to them rightly. */
async function forge(
  store: MemoryStore,
  bytes: Uint8Array,
  reference: StorageReference,
  directory?: string,
): Promise<StorageReference> {
  const { $storageRef, ...rest } = reference;
  const own = $storageRef.slice(0, $storageRef.lastIndexOf("/"));
  const extension = $storageRef.slice($storageRef.lastIndexOf(".")).replace("pack", "json");
  const path = `${directory ?? own}/${createHash("sha256").update(bytes).digest("hex")}${extension}`;
  await store.write(path, bytes);
  return {
    ...without(rest, "$storageOffset"),
    $storageRef: path,
    $storageSize: bytes.byteLength,
    $storageDigest: sha256Digest(bytes),
  };
}

async function entryOf(store: MemoryStore, reference: StorageReference): Promise<Uint8Array> {
  const { $storageRef, $storageOffset: offset = 0, $storageSize: length } = reference;
  return (await store.read($storageRef, { offset, length })).bytes();
}

function setUp() {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, codecs: encrypting });
  const dehydrate = async (value: unknown, scope: string, more: object = {}): Promise<StorageReference> =>
    (await manager.dehydrate(value, { scope, ...more })) as StorageReference;
  return { store, manager, dehydrate };
}

async function codeOf(manager: StorageManager, reference: unknown): Promise<string> {
  const hydrated = await failureOf(manager.hydrate({ reference }));
  const opened = await failureOf(manager.open(reference as StorageReference).then((result) => result.bytes()));
  expect(opened.code).toBe(hydrated.code);
  return hydrated.code;
}

describe("an attacker who can write bucket and broker", () => {
  it("can't pass off what he made himself", async () => {
    const { store, manager, dehydrate } = setUp();
    const reference = await dehydrate(longText("a"), "s");
    const plain = without(await forge(store, storedJson("forged"), reference), "$storageEncoding");
    expect(await codeOf(manager, plain)).toBe("DECODE_FAILED"); // it is not encrypted
    expect(await codeOf(manager, { ...plain, $storageEncoding: "gzip" })).toBe("DECODE_FAILED");
    expect(await codeOf(manager, { ...plain, $storageEncoding: "aes256gcm" })).toBe("DECODE_FAILED");
    const own = new StorageManager({ store, codecs: [aes256gcm({ keys: { k: randomBytes(32) }, activeKeyId: "k" })] });
    const ofHis = (await own.dehydrate(longText("forged"), { scope: "s" })) as StorageReference;
    expect(await codeOf(manager, ofHis)).toBe("INTEGRITY");
  });

  it("can't move an entry to another scope or prefix, with all digests made anew", async () => {
    const { store, manager, dehydrate } = setUp();
    for (const value of [longText("a"), Array.from({ length: 900 }, (_, i) => i), someBytes(500)]) {
      const reference = await dehydrate(value, "tenant-1/run");
      const entry = await entryOf(store, reference);
      for (const place of [
        "outputs/tenant-2/run",
        "inputs/tenant-1/run",
        "outputs/tenant-1/run/x",
        "outputs/tenant-1",
      ]) {
        expect(await codeOf(manager, await forge(store, entry, reference, place))).toBe("INTEGRITY");
      }
      const sameScope = await forge(store, entry, reference);
      await expect(manager.hydrate(sameScope)).resolves.toBeDefined(); // he could repeat the message as well
    }
  });

  it("can't call it another type, schema or version, or leave off a codec", async () => {
    const { store, manager, dehydrate } = setUp();
    const tag = { schema: "order", schemaVersion: "1" };
    const reference = await dehydrate(longText("a", 3000), "s", tag);
    const { $storageEncoding: encoding } = reference;
    expect(encoding).toBe("gzip,aes256gcm");
    for (const forged of [
      { ...reference, $storageContentType: "application/json" },
      { ...reference, $storageContentType: "image/png" },
      { ...reference, $storageSchema: "invoice" },
      { ...reference, $storageSchemaVersion: "2" },
      without(reference, "$storageSchema"),
      { ...reference, $storageEncoding: "aes256gcm" },
    ]) {
      expect(await codeOf(manager, forged)).toBe("INTEGRITY");
    }
    for (const [names, code] of [
      ["gzip", "DECODE_FAILED"],
      ["aes256gcm,gzip", "DECODE_FAILED"],
      ["gzip,aes256gcm,gzip", "DECODE_FAILED"],
      ["aes256gcm,aes256gcm", "DECODE_FAILED"],
      ["brotli,aes256gcm", "DECODE_FAILED"],
      ["gzip,aes256gcm,", "INVALID_REFERENCE"],
      ["", "INVALID_REFERENCE"],
      ["AES256GCM", "INVALID_REFERENCE"],
    ] as const) {
      expect(await codeOf(manager, { ...reference, $storageEncoding: names })).toBe(code);
    }
    expect(await codeOf(manager, without(reference, "$storageEncoding"))).toBe("DECODE_FAILED");
    await expect(manager.hydrate(reference)).resolves.toBeDefined();
    const signed = await entryOf(store, reference);
    expect(Buffer.from(signed).includes("xxxx")).toBe(false);
  });

  it("can't cut, change or lengthen it, also where the digest is made anew", async () => {
    const { store, manager, dehydrate } = setUp();
    for (const value of [longText("a"), someBytes(500)]) {
      const reference = await dehydrate(value, "s");
      const entry = Buffer.from(await entryOf(store, reference));
      const changed = Buffer.from(entry);
      changed[entry.byteLength - 1]! ^= 1;
      for (const bad of [changed, entry.subarray(0, -1), Buffer.concat([entry, Buffer.of(0)])]) {
        expect(await codeOf(manager, await forge(store, bad, reference))).toBe("INTEGRITY");
      }
      for (const end of [0, 3, 5, 40]) {
        expect(await codeOf(manager, await forge(store, entry.subarray(0, end), reference))).toBe("DECODE_FAILED");
      }
    }
  });

  it("is refused before anything is read, where names alone tell", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, codecs: encrypting });
    const reference = (await manager.dehydrate(longText("a"), { scope: "s" })) as StorageReference;
    store.calls.length = 0;
    for (const names of ["gzip", "zip,aes256gcm", "gzip,gzip,aes256gcm"]) {
      expect(await codeOf(manager, { ...reference, $storageEncoding: names })).toBe("DECODE_FAILED");
    }
    const bubu = { $bubuStorageRef: reference.$storageRef, $bubuStorageContentType: "application/json" };
    expect(await codeOf(manager, bubu)).toBe("DECODE_FAILED"); // it can't say that it is encrypted
    expect(store.calls).toEqual([]);
  });
});

describe("what decoding may cost", () => {
  async function bombs(count: number, size: number) {
    const store = new MemoryStore();
    const references: StorageReference[] = [];
    const bytes = gzipSync(Buffer.alloc(size), { level: 1 });
    for (let index = 0; index < count; index++) {
      const path = `outputs/s/${index}.bin`;
      await store.write(path, bytes);
      const fields = { $storageContentType: "application/x-bomb", $storageEncoding: "gzip" };
      const said = { $storageSize: bytes.byteLength, $storageDigest: sha256Digest(bytes) };
      references.push({ $storageRef: path, ...fields, ...said });
    }
    return { store, references };
  }

  it("is bounded for 16 bombs at once, together", async () => {
    const { store, references } = await bombs(16, 40 * MIB);
    const manager = new StorageManager({ store, codecs: [gzip()], maxBytes: 8 * MIB, concurrency: 16 });
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const measure = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 1);
    try {
      expect((await failureOf(manager.hydrate(references))).code).toBe("BUDGET_EXCEEDED");
    } finally {
      clearInterval(measure);
    }
    expect(most).toBeLessThan(40 * MIB); // twice the budget, and what zlib joins; all of them are 640 MiB
  });

  it("is exactly maxBytes, of one or of many", async () => {
    const { store, references } = await bombs(5, 2 * MIB);
    const exactly = new StorageManager({ store, codecs: [gzip()], maxBytes: 10 * MIB });
    const hydrated = await exactly.hydrate<Uint8Array[]>(references);
    expect(hydrated.map(({ byteLength }) => byteLength)).toEqual(Array(5).fill(2 * MIB));
    const less = new StorageManager({ store, codecs: [gzip()], maxBytes: 10 * MIB - 1 });
    expect((await failureOf(less.hydrate(references))).code).toBe("BUDGET_EXCEEDED");
    const endless = new StorageManager({ store, codecs: [gzip()], maxBytes: Number.MAX_SAFE_INTEGER });
    await expect(endless.hydrate(references)).resolves.toHaveLength(5);
  });

  it.each([[encrypting], [[encrypting[1]!]], [[gzip({ minSize: 0 })]]])(
    "is exactly what was handed in, however much longer it is stored (%#)",
    async (codecs) => {
      const store = new MemoryStore();
      const bytes = randomBytes(3 * MIB);
      const manager = new StorageManager({ store, codecs, maxBytes: bytes.byteLength });
      const dehydrated = await manager.dehydrate([new Blob([bytes])]);
      const [hydrated] = await manager.hydrate<Uint8Array[]>(dehydrated);
      expect(Buffer.compare(hydrated!, bytes)).toBe(0);
      expect((await failureOf(manager.hydrate(dehydrated, { maxBytes: bytes.byteLength - 1 }))).code).toBe(
        "BUDGET_EXCEEDED",
      );
    },
  );

  it("counts each place, and references that say different things of one entry", async () => {
    const { store, references } = await bombs(1, MIB);
    const manager = new StorageManager({ store, codecs: [gzip()], maxBytes: 8 * MIB });
    const many = Array.from({ length: 9 }, (_, i) => ({ ...references[0], $storageSchema: String(i) }));
    expect((await failureOf(manager.hydrate(many))).code).toBe("BUDGET_EXCEEDED");
    await expect(manager.hydrate(many.slice(1))).resolves.toHaveLength(8);
  });
});

it("a store that cuts, flips or swaps bytes gives INTEGRITY, never data", async () => {
  const inner = new MemoryStore();
  const value = { a: longText("a"), b: someBytes(3 * MIB), c: someBytes(2000) };
  const dehydrated = await new StorageManager({ store: inner, codecs: encrypting }).dehydrate(value);
  for (const fault of [{ truncate: true }, { flip: true }, { truncate: 0 }] as const) {
    for (let seed = 1; seed <= 8; seed++) {
      const store = new FaultStore(inner, { seed, faults: [{ on: "read", fault }] });
      const manager = new StorageManager({ store, codecs: encrypting });
      expect((await failureOf(manager.hydrate(dehydrated))).code).toBe("INTEGRITY");
      expect(store.injected.length).toBeGreaterThan(0);
    }
  }
});
