import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { pino } from "pino";
import { aes256gcm, gzip, MemoryStore, StorageManager, type StorageReference, type Store } from "../../src/index.js";
import { CANARY } from "../support/canary.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { referenceTo } from "../support/stored.js";

const MIB = 1024 * 1024;
const signing = { keys: { k: randomBytes(32) }, activeKeyId: "k" };
const codecs = [gzip(), aes256gcm({ keys: { k: randomBytes(32) }, activeKeyId: "k" })];

async function bytesOf(store: Store, path: string): Promise<Buffer> {
  return Buffer.from(await (await store.read(path)).bytes());
}

/** As an attacker does who writes broker and bucket: the object, and a reference that fits it. */
async function replant(store: Store, ticket: StorageReference, bytes: Uint8Array, path = ticket.$storageRef) {
  await store.write(path, bytes);
  return { ...ticket, ...referenceTo(path, bytes, ticket.$storageContentType) };
}

describe("an attacker who writes broker and bucket, and has no key", () => {
  it("can't reorder, repeat, drop or mix the segments of what is encrypted", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: codecs.slice(1), pack: false });
    const bodies = [randomBytes(4 * MIB), randomBytes(4 * MIB)];
    const [one, other] = (await manager.dehydrate(bodies, { scope: "s" })) as [StorageReference, StorageReference];
    const [mine, theirs] = [await bytesOf(store, one.$storageRef), await bytesOf(store, other.$storageRef)];
    const header = mine.byteLength % MIB; // what stands before segments of 1 MiB, more or less
    const cut = (bytes: Buffer, index: number): Buffer =>
      bytes.subarray(header + (index - 1) * MIB, header + index * MIB);
    const parts = [mine.subarray(0, header), cut(mine, 1), cut(mine, 2), cut(mine, 3), cut(mine, 4)];
    const attempts = [
      [0, 2, 1, 3, 4].map((index) => parts[index]!),
      [0, 1, 3, 2, 4].map((index) => parts[index]!),
      [0, 1, 2, 2, 3, 4].map((index) => parts[index]!),
      [0, 1, 2, 4].map((index) => parts[index]!),
      [0, 1, 2, 3].map((index) => parts[index]!),
      [parts[0]!, parts[1]!, cut(theirs, 2), parts[3]!, parts[4]!],
      [theirs.subarray(0, header), ...parts.slice(1)],
    ];
    for (const attempt of attempts) {
      const forged = await replant(store, one, Buffer.concat(attempt), "outputs/s/forged.bin");
      expect((await failureOf(manager.hydrate(forged))).code).toBe("INTEGRITY");
      expect((await failureOf((await manager.open(forged)).bytes())).code).toBe("INTEGRITY");
    }
  });

  it("can't have one tenant read what another encrypted, nor an input as an output", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs });
    const [a, b] = [manager.forTenant("a"), manager.forTenant("b")];
    const ticket = (await b.dehydrate(longText("b's"), { scope: "s" })) as StorageReference;
    const bytes = await bytesOf(store, ticket.$storageRef);
    for (const path of ["outputs/a/s/x.json", "inputs/a/s/x.json", "outputs/a/x.json", "inputs/b/s/x.json"]) {
      const moved = await replant(store, ticket, bytes, path);
      for (const reader of [a, b, manager]) {
        const { code } = await failureOf(reader.hydrate(moved));
        expect(["INTEGRITY", "REFERENCE_DENIED"]).toContain(code);
      }
    }
  });
});

describe("a forged signature", () => {
  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "k.", "K", "k k", "", "k:k"])(
    "by a key called %j is refused before any I/O",
    async (id) => {
      const store = new RecordingStore();
      const manager = new StorageManager({ store, signing });
      const ticket = (await manager.dehydrate(longText("a"))) as StorageReference;
      store.calls.length = 0;
      const mac = ticket.$storageSignature!.slice(2);
      const forged = { ...ticket, $storageSignature: `${id}:${mac}` };
      for (const call of [manager.hydrate(forged), manager.open(forged), manager.hydrate([{ x: forged }])].map(
        failureOf,
      )) {
        expect((await call).code).toBe("SIGNATURE_INVALID");
      }
      expect(store.calls).toEqual([]);
    },
  );
});

describe("a tenant that verifies, lists or encrypts again", () => {
  it("learns nothing of what is another's, by no path that leads there", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, codecs });
    const [a, b] = [manager.forTenant("a"), manager.forTenant("ab")];
    const ticket = await b.dehydrate(longText("b's"), { scope: "s" });
    store.calls.length = 0;
    const report = await a.verify({ ticket });
    expect(report).toMatchObject({ problems: [{ kind: "refused", error: { code: "REFERENCE_DENIED" } }] });
    for (const prefix of [
      "",
      "outputs",
      "outputs/",
      "outputs/a",
      "outputs/ab/",
      "outputs/a/../ab/",
      "s3://c/outputs/a/",
    ]) {
      const listed = async (): Promise<void> => {
        for await (const object of a.list(prefix)) expect(object).toBeUndefined();
      };
      for (const call of [listed(), a.verifyPrefix(prefix), a.reencrypt(prefix)].map(failureOf)) {
        expect(["REFERENCE_DENIED", "INVALID_PATH"]).toContain((await call).code);
      }
    }
    expect(store.calls).toEqual([]);
  });
});

it("a logger shows no key of a manager, tenant, codec, store or error", async () => {
  const key = Buffer.from(CANARY.padEnd(32, "-").slice(0, 32));
  const store = new MemoryStore();
  const codec = aes256gcm({ keys: { k: key }, activeKeyId: "k" });
  const manager = new StorageManager({ store, codecs: [codec], signing: { keys: { k: key }, activeKeyId: "k" } });
  const ticket = (await manager.dehydrate({ text: longText(CANARY) })) as { text: StorageReference };
  await store.write(ticket.text.$storageRef, CANARY);
  const error = await failureOf(manager.hydrate(ticket));
  const lines: string[] = [];
  const out = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const tenant = manager.forTenant("t");
  pino({}, out).error({ err: error, manager, tenant, codec, store }, "shown");
  const shown = [
    lines.join(""),
    JSON.stringify({ error, manager, tenant, codec, store }),
    inspect(manager, { depth: 20 }),
  ];
  shown.push(
    inspect([error, tenant, codec, store], { depth: 20, showHidden: true }),
    String(error.stack),
    inspect(error.cause),
  );
  for (const text of shown) {
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(key.toString("base64url"));
    expect(text).not.toContain(key.toString("hex"));
    expect(text).not.toContain(inspect(key).slice(8, 40));
  }
});
