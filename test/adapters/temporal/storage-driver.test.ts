import { StorageDriverClaim } from "@temporalio/common";
import { S3StorageDriver } from "@temporalio/external-storage-s3";
import { MemoryStore, referencesIn, RoutingStore, StorageManager } from "../../../src/index.js";
import { temporalClaim } from "../../../src/adapters/formats.js";
import { temporalStorageDriver } from "../../../src/adapters/temporal.js";
import { pathsIn } from "../messages/messages.js";
import { webhookDeliveries } from "../../support/webhook-deliveries.js";
import { payload, runnerOf, setUp, valueOf, WORKFLOW } from "./temporal.js";

const claimOf = (stored: { data?: Uint8Array | null }) =>
  JSON.parse(Buffer.from(stored.data!).toString()) as { driverName: string; claimData: Record<string, string> };

describe("store", () => {
  it("keeps 22 payloads of one call in 2 objects, and gives back the same", async () => {
    const { manager, store, asked } = setUp();
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    const values = [...webhookDeliveries(20), "x".repeat(5_000_000), "tiny", "y".repeat(100_000)];
    const payloads = values.map(payload);
    const stored = await runner.store(payloads, { target: WORKFLOW });
    expect(stored[21]).toBe(payloads[21]);
    expect((await pathsIn(store)).length).toBeLessThanOrEqual(2);
    for (const [index, one] of stored.entries()) if (index !== 21) expect(one.data!.byteLength).toBeLessThan(1024);
    expect((await runner.retrieve(stored)).map(valueOf)).toEqual(values);
    expect(asked("read")).toBe(2);
  });

  it("names scopes by namespace, workflow and run, whatever the ids are", async () => {
    const { manager, store } = setUp();
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    const targets = [
      WORKFLOW,
      { kind: "workflow", namespace: "shop", id: "../é".repeat(90) },
      { kind: "activity", namespace: "shop", id: "a 1" },
      undefined,
    ] as const;
    for (const target of targets) await runner.store([payload("x".repeat(2000))], { ...(target && { target }) });
    const scopes = (await pathsIn(store)).map((path) => path.replace(/^outputs\/|\/[^/]+$/g, ""));
    expect(scopes.sort()).toEqual([
      "temporal/_",
      "temporal/shop/activity/a%201/_",
      "temporal/shop/workflow/order%2F42/r1",
      expect.stringMatching(/^temporal\/shop\/workflow\/~[0-9a-f]{64}\/_$/) as string,
    ]);
    expect(await manager.release("temporal/shop/workflow/order%2F42")).toEqual({ deleted: 1 });
  });

  it("takes a scope and a ttl of the user's", async () => {
    const { manager, store } = setUp();
    const scope = jest.fn(() => "mine");
    const driver = temporalStorageDriver({ manager, name: "own", scope, ttl: 30 * 86_400_000 });
    const [stored] = await runnerOf([driver]).store([payload("x".repeat(2000))], { target: WORKFLOW });
    expect(scope).toHaveBeenCalledWith(WORKFLOW);
    expect(claimOf(stored!).driverName).toBe("own");
    expect((await pathsIn(store))[0]).toMatch(/^outputs\/mine\/@\d{4}-\d\d-\d\d\//);
  });

  it("goes in groups where a call has more than the manager's budgets allow", async () => {
    const { manager } = setUp({ maxReferences: 3, maxBytes: 10_000 });
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    const values = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(3000));
    const stored = await runner.store(values.map(payload), { target: WORKFLOW });
    expect((await runner.retrieve(stored)).map(valueOf)).toEqual(values);
    await expect(runner.store([payload("x".repeat(20_000))])).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });

  it("signs for its audience, and reads for no other", async () => {
    const signing = { keys: { a: Buffer.alloc(32, 7) }, activeKeyId: "a" };
    const { manager } = setUp({ signing });
    const [stored] = await runnerOf([temporalStorageDriver({ manager, audience: "shop" })]).store([
      payload("x".repeat(2000)),
    ]);
    const reading = (audience: string) => runnerOf([temporalStorageDriver({ manager, audience })]).retrieve([stored!]);
    expect(valueOf((await reading("shop"))[0]!)).toBe("x".repeat(2000));
    await expect(reading("other")).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  it("ends with the signal of the task", async () => {
    const { manager, requests } = setUp();
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    await expect(
      runner.store([payload("x".repeat(2000))], { abortSignal: AbortSignal.abort(new Error("gone")) }),
    ).rejects.toMatchObject({ code: "ABORTED", cause: { message: "gone" } });
    expect(requests).toEqual([]);
  });
});

describe("retrieve", () => {
  const claim = (claimData: Record<string, string>) => new StorageDriverClaim(claimData);

  it("reads each object once, however often histories are replayed, with a readCache", async () => {
    const { manager, asked } = setUp({ readCache: { maxBytes: 16_000_000 } });
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    const history = [];
    for (let step = 0; step < 5; step++) {
      history.push(...(await runner.store([payload(`${step}`.repeat(300_000))], { target: WORKFLOW })));
    }
    for (let replay = 0; replay < 4; replay++) await runner.retrieve(history);
    expect(asked("read")).toBe(5);
  });

  it("says which payload is gone, and asks for it once", async () => {
    const { manager, asked } = setUp();
    const runner = runnerOf([temporalStorageDriver({ manager })]);
    const stored = await runner.store([payload("x".repeat(2000))], { target: WORKFLOW });
    await manager.release("temporal");
    await expect(runner.retrieve(stored)).rejects.toMatchObject({
      code: "NOT_FOUND",
      path: expect.stringContaining("temporal/shop/workflow/order%2F42/r1") as string,
    });
    expect(asked("read")).toBe(1);
  });

  it.each([
    ["no JSON", { reference: "{" }, "INVALID_REFERENCE"],
    ["no reference", { reference: '{"a":1}' }, "INVALID_REFERENCE"],
    ["a list of references", { reference: "[]" }, "INVALID_REFERENCE"],
    ["nothing", {}, "INVALID_REFERENCE"],
    [
      "a path of others",
      {
        reference:
          '{"$storageRef":"other/x.bin","$storageContentType":"text/plain","$storageSize":1,"$storageDigest":"sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}',
      },
      "REFERENCE_DENIED",
    ],
    ["a bucket of others", { bucket: "b", key: "k", hash_algorithm: "sha256", hash_value: "0" }, "UNKNOWN_SCHEME"],
  ])("refuses a claim that is %s, before anything is read", async (_, claimData, code) => {
    const { manager, requests } = setUp();
    const driver = temporalStorageDriver({ manager });
    await expect(driver.retrieve({}, [claim(claimData as Record<string, string>)])).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("refuses what leads to something else than a payload", async () => {
    const { manager } = setUp();
    const driver = temporalStorageDriver({ manager });
    for (const value of ["x".repeat(5000), Buffer.alloc(5000, 0xff)]) {
      const [found] = referencesIn(await manager.dehydrate([value]));
      const retrieved = driver.retrieve({}, [claim({ reference: JSON.stringify(found!.reference) })]);
      await expect(retrieved).rejects.toMatchObject({ code: "DECODE_FAILED" });
    }
  });

  it.each(["TypeScript", "Go and Python"])(
    "reads what Temporal's own driver of %s wrote, beside its own",
    async (sdk) => {
      const bucket = new MemoryStore();
      const theirs = new S3StorageDriver({
        bucket: "b",
        client: {
          putObject: async (_, key, data) => {
            await bucket.write(key, data);
          },
          objectExists: async (_, key) => (await bucket.stat(key)) !== undefined,
          getObject: async (_, key) => (await bucket.read(key)).bytes(),
        },
      });
      const written = await theirs.store({ target: WORKFLOW }, [payload({ of: "theirs" })] as never);
      const { bucket: of, key, hashAlgorithm, hashValue } = written[0]!.claimData;
      const snake = { bucket: of!, key: key!, hash_algorithm: hashAlgorithm!, hash_value: hashValue! };
      const store = new RoutingStore({ primary: new MemoryStore(), schemes: { s3: () => bucket } });
      const manager = new StorageManager({ store });
      const reads = [temporalClaim({ allow: ["s3://b/v0"] })];
      const driver = temporalStorageDriver({ manager, name: "aws.s3driver", reads });
      const [ours] = await driver.store({ target: WORKFLOW }, [payload({ of: "ours" })]);
      const claims = [claim(sdk === "TypeScript" ? written[0]!.claimData : snake), ours!];
      expect((await driver.retrieve({}, claims)).map(valueOf)).toEqual([{ of: "theirs" }, { of: "ours" }]);
      const byDefault = new StorageManager({ store, allow: ["s3://b/v0"] });
      const reading = temporalStorageDriver({ manager: byDefault, name: "my driver" });
      expect((await reading.retrieve({}, [claim(snake)])).map(valueOf)).toEqual([{ of: "theirs" }]);
      await expect(temporalStorageDriver({ manager, reads: [] }).retrieve({}, [claim(snake)])).rejects.toMatchObject({
        code: "UNSUPPORTED",
      });
    },
  );
});

describe("construction", () => {
  it("refuses options that it does not know", () => {
    const { manager } = setUp();
    expect(() => temporalStorageDriver({ manager, drivr: 1 } as never)).toThrow(/drivr/);
    expect(() => temporalStorageDriver({ manager: {} } as never)).toThrow(/manager: must be a StorageManager/);
  });
});
