import {
  aes256gcm,
  MemoryStore,
  stored,
  StorageManager,
  type BinaryOptions,
  type StorageManagerOptions,
  type StorageReference,
} from "../../src/index.js";
import { Stored } from "../../src/plan/stored.js";
import { failureOf } from "../support/failure.js";

const PATH = "inputs/uploads/a";

async function uploaded(contentType?: string, options: StorageManagerOptions = {}) {
  const store = new MemoryStore();
  await store.write(PATH, "an upload", contentType === undefined ? {} : { contentType });
  return { store, manager: new StorageManager({ store, ...options }) };
}

describe("adopting an object that lies in the store", () => {
  it("puts a reference of the scope in its place, with its type and the name that is said", async () => {
    const { store, manager } = await uploaded("image/png");
    const payload = { id: 7, photo: stored(PATH, { filename: "cat.png" }) };
    const { photo } = (await manager.adopt<unknown>(payload, { scope: "s" })) as { photo: StorageReference };
    expect(photo.$storageRef).toMatch(/^outputs\/s\/[0-9a-f]{64}\.bin$/);
    expect(photo).toMatchObject({ $storageContentType: 'image/png; name="cat.png"', $storageSize: 9 });
    expect(await manager.hydrate(photo)).toEqual(new Uint8Array(Buffer.from("an upload")));
    expect(payload.photo.path).toBe(PATH);
    expect(await store.stat(PATH)).toBeDefined();
  });

  it("is what dehydrate does with references: adopt, beside all else that leaves", async () => {
    const { manager } = await uploaded("no type");
    const payload = { photos: [stored(PATH), stored(PATH, { contentType: "image/gif" })], text: "x".repeat(2000) };
    const message = (await manager.dehydrate(payload, { scope: "s", references: "adopt" })) as {
      photos: StorageReference[];
    };
    expect(message.photos.map(({ $storageContentType: type }) => type)).toEqual([
      "application/octet-stream",
      "image/gif",
    ]);
    const bytes = new Uint8Array(Buffer.from("an upload"));
    expect(await manager.hydrate(message)).toEqual({ photos: [bytes, bytes], text: payload.text });
  });

  it.each<[string, StorageManagerOptions]>([
    ["encrypted", { codecs: [aes256gcm({ keys: { a: new Uint8Array(32) }, activeKeyId: "a" })] }],
    ["signed", { signing: { keys: { a: new Uint8Array(32) }, activeKeyId: "a" } }],
    ["in BubuStack's dialect", { dialect: "bubustack" }],
  ])("stores it as the manager stores all else: %s", async (_, options) => {
    const { store, manager } = await uploaded(undefined, options);
    const reference = await manager.adopt<unknown>(stored(PATH), { scope: "s" });
    await store.delete(PATH);
    expect(await manager.hydrate(reference)).toEqual(new Uint8Array(Buffer.from("an upload")));
  });

  it("keeps what was read, whatever is put there later", async () => {
    const { store, manager } = await uploaded();
    const reference = await manager.adopt<unknown>(stored(PATH), { scope: "s" });
    await store.write(PATH, "another");
    expect(await manager.hydrate(reference)).toEqual(new Uint8Array(Buffer.from("an upload")));
  });

  it("goes nowhere that the manager may not read", async () => {
    const { store, manager } = await uploaded();
    await store.write("elsewhere/a", "a secret");
    for (const [path, code] of [
      ["elsewhere/a", "REFERENCE_DENIED"],
      ["inputs/../elsewhere/a", "INVALID_PATH"],
      ["s3://bucket/a", "UNKNOWN_SCHEME"],
      ["inputs/gone", "NOT_FOUND"],
    ] as const) {
      expect(await failureOf(manager.adopt<unknown>({ a: stored(path) }, { scope: "s" }))).toMatchObject({ code });
    }
    expect((await failureOf(manager.forTenant("t").adopt<unknown>(stored(PATH), { scope: "s" }))).code).toBe(
      "REFERENCE_DENIED",
    );
  });

  it("is asked for by no JSON, and stored as no JSON", async () => {
    const { manager } = await uploaded();
    const forged = { path: PATH, contentType: "a/b", filename: "a" };
    expect(await manager.adopt(forged, { scope: "s" })).toEqual(forged);
    const failure = await failureOf(manager.dehydrate([stored(PATH)]));
    expect(failure).toMatchObject({ code: "UNSERIALIZABLE", message: expect.stringContaining("adopt") as string });
    expect(() => JSON.stringify(stored(PATH))).toThrow("adopt");
  });

  it("knows what the other build of the package made", async () => {
    let Other!: typeof Stored;
    await jest.isolateModulesAsync(async () => {
      ({ Stored: Other } = await import("../../src/plan/stored.js"));
    });
    expect(Other).not.toBe(Stored);
    const { manager } = await uploaded();
    const reference = await manager.adopt<unknown>(new Other(PATH, "a/b", undefined), { scope: "s" });
    expect(reference).toMatchObject({ $storageContentType: "a/b" });
  });

  it.each<[unknown, unknown]>([
    [7, {}],
    [PATH, { contentType: "no type" }],
    [PATH, { filename: "a\n" }],
    [PATH, { name: "a" }],
    [PATH, null],
  ])("refuses %j with %j", async (path, options) => {
    const error = await failureOf(Promise.resolve().then(() => stored(path as string, options as BinaryOptions)));
    expect(error.code).toBe("CONFIG_INVALID");
  });
});
