import { createHash } from "node:crypto";
import { S3StorageDriver } from "@temporalio/external-storage-s3";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { temporalClaim, type TemporalClaimOptions } from "../../../src/adapters/formats.js";
import { rules } from "../../../src/adapters/messages.js";
import { message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";

const METADATA = { encoding: "json/protobuf", messageType: "temporal.api.sdk.v1.ExternalStorageReference" };
// { metadata: { encoding: "json/plain" }, data: "{}" }, as protobuf.
const STORED = Buffer.concat([
  Buffer.of(0x0a, 22, 0x0a, 8),
  Buffer.from("encoding"),
  Buffer.of(0x12, 10),
  Buffer.from("json/plain"),
  Buffer.of(0x12, 2),
  Buffer.from("{}"),
]);
const HASH = createHash("sha256").update(STORED).digest("hex");
const SNAKE = { bucket: "b", key: "v0/k", hash_algorithm: "sha256", hash_value: HASH };
const CAMEL = { bucket: "b", key: "v0/k", hashAlgorithm: "sha256", hashValue: HASH };

async function reading(options: TemporalClaimOptions = { allow: ["s3://b/v0"] }, stored: Uint8Array = STORED) {
  const b = watchedStore();
  await b.inner.write("v0/k", stored);
  const offloader = offloaderOf(bucketsOf({ b: b.store }), { reads: [temporalClaim(options)], rules: rules.kafka });
  return { ...b, offloader };
}

const claim = (data: object, metadata: Record<string, string> = METADATA) =>
  message(
    Buffer.from(JSON.stringify(data)),
    Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)])),
  );

describe("what is read", () => {
  it.each([
    ["Go and Python", { driverName: "aws.s3driver", claimData: SNAKE }, METADATA],
    ["TypeScript", { driverName: "aws.s3driver", claimData: CAMEL }, METADATA],
    ["other names of the fields", { driver_name: "aws.s3driver", claim_data: SNAKE }, METADATA],
    [
      "prereleases",
      { driver_name: "aws.s3driver", driver_claim: { claim_data: SNAKE } },
      { encoding: "json/external-storage-reference" },
    ],
  ])("is a claim of %s", async (_, data, metadata) => {
    const { offloader } = await reading();
    const opened = await offloader.unpack(claim(data, metadata));
    expect(String(opened.body)).toBe("{}");
    expect([...opened.attributes].map(([name, value]) => [name, Buffer.from(value as Uint8Array).toString()])).toEqual([
      ["encoding", "json/plain"],
    ]);
  });

  it("is told by its metadata alone", async () => {
    const { offloader, requests } = await reading();
    const data = { driverName: "aws.s3driver", claimData: SNAKE };
    for (const metadata of [{}, { encoding: "json/plain" }, { encoding: "json/protobuf", messageType: "other" }]) {
      expect(await offloader.unpack(claim(data, metadata))).toMatchObject({ offloaded: false });
    }
    expect(requests).toEqual([]);
  });

  it("has the hash that the claim says", async () => {
    const { offloader } = await reading(undefined, Buffer.concat([STORED, Buffer.of(0x18, 1)]));
    await expect(offloader.unpack(claim({ driverName: "aws.s3driver", claimData: SNAKE }))).rejects.toMatchObject({
      code: "INTEGRITY",
      path: "s3://b/v0/k",
      disposition: "reject",
    });
  });

  it.each([
    ["a length behind the end", Buffer.of(0x12, 5, 1)],
    ["a number without an end", Buffer.of(0xff, 0xff)],
    ["a number of eleven bytes", Buffer.alloc(12, 0x80)],
    ["a type that there is not", Buffer.of(0x0b)],
    ["a key that is no UTF-8", Buffer.of(0x0a, 3, 0x0a, 1, 0xff)],
  ])("is a payload: not %s", async (_, stored) => {
    const { offloader } = await reading(undefined, stored);
    const hash_value = createHash("sha256").update(stored).digest("hex");
    await expect(
      offloader.unpack(claim({ driverName: "aws.s3driver", claimData: { ...SNAKE, hash_value } })),
    ).rejects.toMatchObject({ code: "DECODE_FAILED" });
  });

  it("may have fields that are not known, of every type", async () => {
    const more = Buffer.of(0x18, 0x96, 1, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2a, 1, 9, 0x35, 1, 2, 3, 4);
    const stored = Buffer.concat([more, STORED]);
    const { offloader } = await reading(undefined, stored);
    const hash_value = createHash("sha256").update(stored).digest("hex");
    const opened = await offloader.unpack(claim({ driverName: "aws.s3driver", claimData: { ...SNAKE, hash_value } }));
    expect(String(opened.body)).toBe("{}");
  });

  it.each([
    ["another bucket", { claimData: { ...SNAKE, bucket: "c" } }, "REFERENCE_DENIED"],
    ["another prefix", { claimData: { ...SNAKE, key: "v1/k" } }, "REFERENCE_DENIED"],
    ["..", { claimData: { ...SNAKE, key: "v0/../k" } }, "INVALID_REFERENCE"],
    ["an array as key", { claimData: { ...SNAKE, key: ["v0/k"] } }, "INVALID_REFERENCE"],
    ["no hash", { claimData: { bucket: "b", key: "v0/k" } }, "INVALID_REFERENCE"],
    ["another hash", { claimData: { ...SNAKE, hash_algorithm: "md5" } }, "UNSUPPORTED"],
    ["an unknown driver", { driverName: "own", claimData: SNAKE }, "UNSUPPORTED"],
    ["a driver of a prototype", { driverName: "constructor", claimData: SNAKE }, "UNSUPPORTED"],
    ["no claim", {}, "INVALID_REFERENCE"],
    ["a claim of a prototype", JSON.parse('{"__proto__":{"claimData":{}}}') as object, "INVALID_REFERENCE"],
  ])("is refused before any request: %s", async (_, data, code) => {
    const { offloader, requests } = await reading();
    await expect(offloader.unpack(claim({ driverName: "aws.s3driver", ...data }))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("is of a driver that has a name of its own", async () => {
    const { offloader } = await reading({ allow: ["s3://b"], drivers: { own: "s3" } });
    expect((await offloader.unpack(claim({ driverName: "own", claimData: SNAKE }))).offloaded).toBe(true);
  });
});

it("reads what the driver of Temporal writes", async () => {
  const b = new MemoryStore();
  const driver = new S3StorageDriver({
    bucket: "b",
    client: {
      putObject: async (_, key, data) => {
        await b.write(key, data);
      },
      objectExists: async (_, key) => (await b.stat(key)) !== undefined,
      getObject: async (_, key) => (await b.read(key)).bytes(),
    },
  });
  const data = Buffer.from(JSON.stringify("ä".repeat(200_000)));
  const context = { target: { kind: "workflow", namespace: "n s", type: "T", id: "i/d", runId: "r" } } as const;
  const [written] = await driver.store(context, [{ metadata: { encoding: Buffer.from("json/plain") }, data }]);
  expect(Object.keys(await objectsIn(b))[0]).toContain("v0/ns/n%20s/");
  const reads = [temporalClaim({ allow: ["s3://b/v0"] })];
  const offloader = offloaderOf(bucketsOf({ b }), { reads, rules: rules.kafka });
  const opened = await offloader.unpack(claim({ driverName: driver.name, claimData: written!.claimData }));
  expect(Buffer.compare(opened.body as Uint8Array, data)).toBe(0);
  expect(Buffer.from(opened.attributes.get("encoding") as Uint8Array).toString()).toBe("json/plain");
});

it("is not written, which is said at once", () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  expect(() => offloaderOf(manager, { format: temporalClaim() })).toThrow(/reads/);
});
