import type { StorageEvent } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { VerifyOptions, VerifyProblem, VerifyProgress } from "../../src/maintain/verify/report.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { failureOf } from "../support/failure.js";
import { limited } from "../support/limited-store.js";
import { putJsonPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, put, putJson, referenceTo, storedJson } from "../support/stored.js";
import { briefly, encryption, PAYLOAD } from "../support/verified.js";

const VARIANTS: [string, StorageManagerOptions][] = [
  ["as it is", {}],
  ["without packs", { pack: false }],
  ["with envelopes that leave", { maxEnvelopeSize: 1024 }],
  ["compressed", { codecs: [gzip()] }],
  ["compressed, without packs", { codecs: [gzip()], pack: false }],
  ["encrypted", { codecs: [encryption()] }],
  ["compressed and encrypted", { codecs: [gzip(), encryption()], maxEnvelopeSize: 1024 }],
  ["signed", { signing: { keys: { a: Buffer.alloc(32, 1) }, activeKeyId: "a" }, maxEnvelopeSize: 1024 }],
  ["in the dialect bubustack", { dialect: "bubustack", maxEnvelopeSize: 1024 }],
];

const GONE = referenceTo("outputs/s/gone.json", storedJson(1));

describe("verify of what is whole", () => {
  it.each(VARIANTS)("finds nothing wrong, %s", async (_, options) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, ...options });
    const payload = await manager.dehydrate(PAYLOAD, { scope: "s" });
    const objects = await objectsOf(store);
    const bytes = [...objects.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const sound = { ok: true, missing: 0, corrupt: 0, orphaned: 0, refused: 0, unchecked: 0, problems: [] };

    const report = await manager.verify(payload);
    expect(report).toMatchObject({ ...sound, objects: objects.size });
    expect(report.references).toBeGreaterThan(2);
    expect(report.bytes).toBeGreaterThan(1000);
    expect("lastPath" in report).toBe(false);

    const lastPath = [...objects.keys()].at(-1);
    const ofPrefix = await manager.verifyPrefix("outputs/", { payloads: [payload] });
    expect(ofPrefix).toMatchObject({ ...sound, objects: objects.size, bytes, lastPath });
    const stored = [...objects.values()].filter((object) => object.includes("$storageRef")).length;
    if (stored > 0) expect(ofPrefix.references).toBeGreaterThan(report.references); // found in objects, too

    const withoutRanges = new StorageManager({ store: limited(["rangeRead"], store), ...options });
    await expect(withoutRanges.verify(payload)).resolves.toEqual(report);
    await expect(withoutRanges.verifyPrefix("")).resolves.toMatchObject({ ...sound, bytes, lastPath });
  });

  it("finds nothing wrong after keys were rotated and objects encrypted again", async () => {
    const store = new MemoryStore();
    const codecs = (activeKeyId: string) => [encryption(activeKeyId, Buffer.alloc(32, 1))];
    const payload = await new StorageManager({ store, codecs: codecs("old"), maxEnvelopeSize: 1024 }).dehydrate(
      PAYLOAD,
    );
    const rotated = new StorageManager({
      store,
      codecs: [
        encryption("new", Buffer.alloc(32, 2), { keys: { old: Buffer.alloc(32, 1), new: Buffer.alloc(32, 2) } }),
      ],
    });
    expect(await rotated.reencrypt("")).toMatchObject({ failed: 0 });
    const paths = [...(await objectsOf(store)).keys()];
    expect(paths.length).toBeGreaterThan(1);
    expect(paths.every((path) => path.endsWith(".reencrypted"))).toBe(true);
    await expect(rotated.verify(payload)).resolves.toMatchObject({ ok: true, references: 3 });
    await expect(rotated.verifyPrefix("", { payloads: [payload] })).resolves.toMatchObject({ ok: true, unchecked: 0 });
  });

  it("takes payloads of any kind, and none", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    for (const payload of [undefined, null, 1, [], { a: [{ $$storageRef: "x" }] }, { $storageRef: 1, more: 1 }]) {
      await expect(manager.verify(payload)).resolves.toMatchObject({ ok: true, references: 0, objects: 0 });
    }
    await expect(manager.verifyPrefix("")).resolves.toMatchObject({ ok: true, objects: 0 });
  });

  it("looks at payloads nested a hundred thousand deep", async () => {
    let payload: unknown = GONE;
    for (let depth = 0; depth < 100_000; depth++) payload = [payload];
    const { problems } = await new StorageManager({ store: new MemoryStore() }).verify(payload);
    expect(problems[0]!.at).toMatch(/^\$\[0\]\[0\]/);
  });

  it("reads entries of a pack with one request, and each but once", async () => {
    const store = new RecordingStore();
    const references = await putJsonPack(
      store.inner,
      Array.from({ length: 50 }, (_, i) => longText(`${i}`)),
    );
    const holder = await putJson(store.inner, references);
    const manager = new StorageManager({ store });
    const report = await manager.verify([...references, ...references, holder, holder]);
    expect(report).toMatchObject({ ok: true, references: 152, objects: 2 });
    expect(store.paths("read").sort()).toEqual([references[0]!.$storageRef, holder.$storageRef].sort());
  });

  it("streams binary that is too long to be held", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [encryption()], maxBytes: 1_000_000 });
    const payload = { video: Buffer.alloc(17 * 1024 * 1024, "video") };
    const writer = new StorageManager({ store, codecs: [encryption()] });
    const dehydrated = await writer.dehydrate(payload, { scope: "s" });
    await expect(manager.verify(dehydrated)).resolves.toMatchObject({ ok: true, objects: 1 });
    await expect(manager.verifyPrefix("")).resolves.toMatchObject({ ok: true, objects: 1, unchecked: 0 });
    const [[path, bytes]] = [...(await objectsOf(store))] as [[string, Buffer]];
    bytes[bytes.byteLength - 100]! ^= 1;
    await store.write(path, bytes);
    expect(briefly((await manager.verify(dehydrated)).problems)).toEqual([
      { kind: "corrupt", path, at: "$.video", code: "INTEGRITY" },
    ]);
    expect(briefly((await manager.verifyPrefix("")).problems)).toEqual([{ kind: "corrupt", path, code: "INTEGRITY" }]);
  });
});

describe("verify of a payload", () => {
  it("says where a reference stands, and in which object it was found", async () => {
    const store = new MemoryStore();
    const outer = await putJson(store, { a: [1, GONE] });
    const { problems, ...counts } = await new StorageManager({ store }).verify({ "x.y": [outer], gone: GONE });
    expect(briefly(problems)).toEqual([
      { kind: "missing", path: "outputs/s/gone.json", at: "$.gone", code: "NOT_FOUND" },
    ]);
    expect(counts).toMatchObject({ ok: false, references: 3, missing: 1, objects: 2 });
    const nested = await new StorageManager({ store }).verify({ "x.y": [outer] });
    expect(briefly(nested.problems)).toEqual([
      {
        ...{ kind: "missing", path: "outputs/s/gone.json", code: "NOT_FOUND" },
        ...{ at: '$["x.y"][0].a[1]', foundIn: outer.$storageRef },
      },
    ]);
  });

  it("goes on after every problem, and lists as many as it is told to", async () => {
    const store = new MemoryStore();
    const good = await putJson(store, "good");
    const payload = Array.from({ length: 20 }, (_, i) => (i % 2 ? good : { ...GONE, $storageRef: `outputs/${i}` }));
    const told: VerifyProblem[] = [];
    const report = await new StorageManager({ store }).verify(payload, {
      maxProblems: 3,
      onProblem: (problem) => told.push(problem),
    });
    expect(report).toMatchObject({ ok: false, missing: 10, references: 20, objects: 11 });
    expect(report.problems).toHaveLength(3);
    expect(told.map(({ path }) => path).sort()).toEqual(
      payload.flatMap(({ $storageRef }) => ($storageRef === good.$storageRef ? [] : [$storageRef])).sort(),
    );
  });

  it("names cycles, wherever they are, and comes to an end", async () => {
    const store = new MemoryStore();
    const to = (name: string) => ({ $bubuStorageRef: `outputs/s/${name}.json` });
    await store.write("outputs/s/a.json", storedJson({ next: to("b") }));
    await store.write("outputs/s/b.json", storedJson([to("a"), to("c")]));
    await store.write("outputs/s/c.json", storedJson({ self: to("c") }));
    // Both are on the same level, so that neither was found by way of the other.
    const { problems, ...counts } = await new StorageManager({ store }).verify([to("a"), to("b")]);
    expect(briefly(problems)).toEqual([
      { kind: "refused", path: "outputs/s/a.json", at: "$[1][0]", code: "CYCLIC_REFERENCE" },
      { kind: "refused", path: "outputs/s/c.json", at: "$[1][1].self", code: "CYCLIC_REFERENCE" },
    ]);
    expect(counts).toMatchObject({ ok: false, refused: 2, objects: 3 });
  });

  it("follows chains longer than hydration would, and bombs in the time of their entries", async () => {
    const store = new RecordingStore();
    let reference = await putJson(store.inner, "end");
    for (let depth = 0; depth < 60; depth++) {
      reference = await putJson(
        store.inner,
        Array.from({ length: 20 }, () => reference),
      ); // 20 to the 60th
    }
    const report = await new StorageManager({ store }).verify(reference);
    expect(report).toMatchObject({ ok: true, objects: 61, references: 60 * 20 + 1 });
    expect(store.paths("read")).toHaveLength(61);
  });

  it("bounds what one entry becomes, not all of them", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [gzip()], pack: false });
    const payload = await manager.dehydrate(Array.from({ length: 5 }, (_, i) => longText(`${i}`, 50_000 + i)));
    await expect(manager.verify(payload)).resolves.toMatchObject({ ok: true });
    const bounded = new StorageManager({ store, codecs: [gzip()], maxBytes: 51_000 });
    await expect(bounded.verify(payload)).resolves.toMatchObject({ ok: true });
    const tight = await new StorageManager({ store, codecs: [gzip()], maxBytes: 49_000 }).verify(payload);
    expect(tight).toMatchObject({ refused: 5, corrupt: 0 });
    expect(tight.problems[0]!.error!.code).toBe("BUDGET_EXCEEDED");
  });

  it("may lead elsewhere when that is allowed", async () => {
    const other = new MemoryStore();
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem: () => other } });
    const reference = await putJson(other, "far", "x/far.json");
    const far = { ...reference, $storageRef: "mem://bucket/x/far.json" };
    const manager = new StorageManager({ store });
    expect((await manager.verify(far)).problems[0]!.error!.code).toBe("REFERENCE_DENIED");
    await expect(manager.verify(far, { allow: ["mem://bucket/x"] })).resolves.toMatchObject({ ok: true });
    const ofPrefix = await manager.verifyPrefix("mem://bucket/x", { allow: ["mem://bucket"], payloads: [far] });
    expect(ofPrefix).toMatchObject({ ok: true, objects: 1, lastPath: "mem://bucket/x/far.json" });
    expect(await manager.verifyPrefix("mem://bucket/x", { payloads: [] })).toMatchObject({ orphaned: 1 });
  });
});

describe("what verify tells", () => {
  it("is waited for, whether it was heard or not, until the call is aborted", async () => {
    const manager = new StorageManager({ store: new MemoryStore(), concurrency: 1 });
    const gone = [1, 2, 3].map((n) => referenceTo(`outputs/s/gone-${n}.json`, storedJson(n)));
    let [told, most, heard] = [0, 0, 0];
    const onProblem = async (): Promise<void> => {
      most = Math.max(most, ++told - heard);
      await new Promise(setImmediate);
      heard++;
      if (heard === 2) throw new Error("a listener that fails");
    };
    expect(await manager.verify(gone, { onProblem })).toMatchObject({ missing: 3 });
    expect([told, most, heard]).toEqual([3, 1, 3]);

    const stop = new AbortController();
    const neverHeard = (): Promise<void> => {
      setImmediate(() => stop.abort());
      return new Promise<void>(() => undefined);
    };
    const error = await failureOf(manager.verify(gone, { onProblem: neverHeard, signal: stop.signal }));
    expect(error).toMatchObject({ code: "ABORTED" });
  });

  it("is monotone progress, whatever listeners throw", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, pack: false });
    const payload = [await manager.dehydrate(PAYLOAD, { scope: "s" }), GONE, { ...GONE, $storageRef: "no" }];
    for (const isPrefix of [false, true]) {
      const steps: VerifyProgress[] = [];
      const options: VerifyOptions = {
        onProblem: () => {
          throw new Error("a listener that fails");
        },
        onProgress: (progress) => {
          steps.push(progress);
          throw new Error("a listener that fails");
        },
      };
      const report = await (isPrefix ? manager.verifyPrefix("outputs/", options) : manager.verify(payload, options));
      expect(steps.length).toBeGreaterThan(30);
      for (const [index, step] of steps.slice(1).entries()) {
        const before = steps[index]!;
        for (const name of ["objects", "bytes", "references", "problems"] as const) {
          expect(step[name]).toBeGreaterThanOrEqual(before[name]);
        }
        expect((step.lastPath ?? "") >= (before.lastPath ?? "")).toBe(true);
      }
      const { objects, bytes, references, lastPath } = report;
      expect(steps.at(-1)).toMatchObject({ objects, bytes, references, ...(lastPath && { lastPath }) });
    }
  });

  it("is an event of its own, with the reads that it leads to", async () => {
    const events: StorageEvent[] = [];
    const manager = new StorageManager({ store: new MemoryStore(), observer: (event) => events.push(event) });
    const payload = await manager.dehydrate(PAYLOAD, { scope: "s" });
    const options = { stepRunId: "step" };
    for (const call of [() => manager.verify(payload, options), () => manager.verifyPrefix("outputs/", options)]) {
      events.length = 0;
      const { objects, bytes, references } = await call();
      expect(events.map(({ operation }) => operation)).toEqual(["read", "read", "verify"]);
      const told = { store: "memory", outcome: "success", stepRunId: "step", objects, bytes, entries: references };
      expect(events.at(-1)).toMatchObject(told);
    }
    events.length = 0;
    await failureOf(manager.verifyPrefix("outputs/", { signal: AbortSignal.abort() }));
    expect(events).toMatchObject([{ operation: "verify", outcome: "error", code: "ABORTED" }]);
  });

  it("holds no payload data", async () => {
    const store = new MemoryStore();
    const secret = "my secret";
    await put(store, Buffer.from(`{"contentType":"json","data":"${secret}",}`));
    const forged = { ...GONE, $storageContentType: secret, $storagePath: `[${secret}]` };
    const reports = [
      await new StorageManager({ store }).verifyPrefix(""),
      await new StorageManager({ store }).verify(forged),
    ];
    for (const { problems } of reports) {
      expect(problems).toHaveLength(1);
      expect(problems[0]!.error!.message).not.toContain(secret);
    }
  });
});

describe("a payload that is a string", () => {
  it.each(["", "text", "outputs/", "/x", "../x", JSON.stringify(GONE)])("is no prefix: %j", async (payload) => {
    const store = new RecordingStore(new MemoryStore());
    const manager = new StorageManager({ store });
    await manager.writeBlob("outputs/x.part", "a leftover");
    const before = store.calls.length;
    expect(await manager.verify(payload)).toMatchObject({ ok: true, objects: 0, references: 0 });
    expect(store.calls).toHaveLength(before);
    expect(await manager.forTenant("acme").verify(payload)).toMatchObject({ ok: true, objects: 0 });
  });

  it("is one of the payloads of a prefix", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    await manager.writeBlob("outputs/x", "x");
    expect(await manager.verifyPrefix("outputs/", { payloads: ["outputs/x"] })).toMatchObject({ orphaned: 1 });
  });
});

describe("what verify throws", () => {
  const manager = new StorageManager({ store: new MemoryStore() });

  it.each([undefined, null, 1, {}, [""], GONE])("is INVALID_PATH for a prefix that is no text: %j", async (prefix) => {
    const failing = [manager, manager.forTenant("acme")].map((one) => one.verifyPrefix(prefix as string));
    for (const call of failing.map(failureOf)) expect((await call).code).toBe("INVALID_PATH");
  });

  it.each([
    ["maxProblems", { maxProblems: -1 }],
    ["onProblem", { onProblem: 1 }],
    ["onProgress", { onProgress: "x" }],
    ["signal", { signal: {} }],
    ["timeout", { timeout: 0 }],
    ["allow.0", { allow: ["/x"] }],
    ["startAfter", { startAfter: "/x" }],
    ["payloads", { payloads: "text" }],
    ["audience", { audience: "x" }],
    ["unknown", { unknown: 1 }],
  ])("is CONFIG_INVALID for a wrong %s", async (field, options) => {
    const error = await failureOf(manager.verifyPrefix("", options as object));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(field);
  });

  it.each(["startAfter", "payloads"])("is CONFIG_INVALID for %s of a payload", async (field) => {
    const error = await failureOf(manager.verify([], { [field]: field === "startAfter" ? "a" : [] }));
    expect(error.code).toBe("CONFIG_INVALID");
  });

  it("is STORAGE_DISABLED without a store", async () => {
    expect((await failureOf(new StorageManager({}).verify(GONE))).code).toBe("STORAGE_DISABLED");
    expect((await failureOf(new StorageManager({}).verifyPrefix(""))).code).toBe("STORAGE_DISABLED");
  });

  it("is what the listing fails with", async () => {
    expect((await failureOf(manager.verifyPrefix("/x"))).code).toBe("INVALID_PATH");
    const unlisted = new StorageManager({ store: limited(["list"]) });
    expect((await failureOf(unlisted.verifyPrefix(""))).code).toBe("UNSUPPORTED");
  });

  it("is nothing for a payload that stands inside itself", async () => {
    const payload: unknown[] = [GONE];
    payload.push(payload);
    const { problems } = await manager.verify(payload);
    expect(briefly(problems)).toEqual([
      { kind: "refused", at: "$", code: "UNSERIALIZABLE" },
      { kind: "missing", path: "outputs/s/gone.json", at: "$[0]", code: "NOT_FOUND" },
    ]);
  });
});
