import { createHash, randomBytes } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { AzureStore } from "../src/azure.js";
import { GcsStore } from "../src/gcs.js";
import {
  aes256gcm,
  brotli,
  FailoverStore,
  FileStore,
  gzip,
  MemoryStore,
  ReplicatedStore,
  RoutingStore,
  StorageManager,
  TieredStore,
  withPrefix,
  type StorageManagerOptions,
  type StorageReference,
  type Store,
} from "../src/index.js";
import { RedisStore } from "../src/redis.js";
import { S3Store } from "../src/s3.js";
import { failureOf } from "./support/failure.js";
import { RecordingStore } from "./support/recording-store.js";

// The threats of SECURITY.md, each as the attacker would go about it.

const LETTER = "Dear all, ".repeat(500);
const KEYS = { k: randomBytes(32) };
const signing = { keys: KEYS, activeKeyId: "k" };

function encryption(keys: Record<string, Uint8Array> = KEYS) {
  return aes256gcm({ keys, activeKeyId: Object.keys(keys)[0]! });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await failureOf(call)).code;
}

/** What an attacker who writes the bucket puts there, and the reference that one who writes the broker makes to it. */
async function planted(
  store: Store,
  path: string,
  bytes: Uint8Array,
  more: Partial<StorageReference> = {},
): Promise<StorageReference> {
  await store.write(path, bytes);
  return {
    $storageRef: path,
    $storageContentType: "application/json",
    $storageSize: bytes.byteLength,
    $storageDigest: `sha256-${createHash("sha256").update(bytes).digest("base64url")}`,
    ...more,
  };
}

function storedJson(data: unknown): Buffer {
  return Buffer.from(JSON.stringify({ contentType: "json", data }));
}

async function letterIn(options: StorageManagerOptions, scope: string): Promise<StorageReference> {
  return (await new StorageManager(options).dehydrate(LETTER, { scope })) as StorageReference;
}

it("a forged reference is refused before any I/O", async () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, signing });
  const secret = await letterIn({ store }, "secret"); // unsigned: anybody could have written it
  const own = await letterIn({ store, signing }, "own");
  store.calls.length = 0;
  const forged = [secret, { ...secret, $storageSignature: own.$storageSignature! }, { ...own, ...secret }];
  for (const reference of forged) {
    expect(await codeOf(manager.hydrate({ reference }))).toBe("SIGNATURE_INVALID");
    expect(await codeOf(manager.open(reference))).toBe("SIGNATURE_INVALID");
  }
  expect(store.calls).toEqual([]);
});

it("a reference to a Secret that was planted in a signed message reads nothing", async () => {
  const store = new MemoryStore();
  let reads = 0;
  const resolvers = [{ key: "$bubuSecretRef", resolve: () => Promise.resolve(++reads) }];
  const manager = new StorageManager({ store, signing, resolvers });
  const planted = { $bubuSecretRef: "api:token" };
  const stored = await manager.dehydrate({ planted, LETTER }, { references: "pass", maxRecursionDepth: 0 });
  const lenient = new StorageManager({ store, signing: { ...signing, allowUnsigned: true }, resolvers });
  for (const reader of [manager, lenient]) {
    const untouched = { planted, stored: { planted, LETTER } };
    await expect(reader.hydrate({ planted, stored })).resolves.toEqual(untouched);
    await expect(reader.hydrate({ planted, stored }, { maxBytes: 100_000 })).resolves.toEqual(untouched);
    await expect(reader.verify({ planted, stored })).resolves.toMatchObject({ ok: true, references: 1 });
  }
  await expect(manager.forTenant("t").hydrate({ planted })).resolves.toEqual({ planted });
  expect(reads).toBe(0);
  const asked = await manager.hydrate({ planted, stored }, { resolvers: true });
  expect(asked).toEqual({ planted: 1, stored: { planted: 2, LETTER } });
  await expect(manager.hydrate([planted], { resolvers })).resolves.toEqual([3]);
});

it("payload data forges no reference, signed or not", async () => {
  for (const options of [{}, { signing }]) {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, ...options });
    const lookAlike = { ...(await letterIn({ store }, "secret")), $storageSignature: `k:${"A".repeat(43)}` };
    expect(await manager.hydrate(await manager.dehydrate({ lookAlike }))).toEqual({ lookAlike });
  }
});

it("a reference of another tenant, replayed, is refused before any I/O", async () => {
  const store = new RecordingStore();
  for (const options of [{}, { signing }]) {
    const manager = new StorageManager({ store, ...options });
    const [mine, theirs] = [manager.forTenant("mine"), manager.forTenant("theirs")];
    const ticket = (await theirs.dehydrate(LETTER)) as StorageReference;
    store.calls.length = 0;
    const expected = "signing" in options ? "SIGNATURE_INVALID" : "REFERENCE_DENIED";
    expect(await codeOf(mine.hydrate({ ticket }))).toBe(expected);
    expect(await codeOf(mine.open(ticket))).toBe(expected);
    expect(store.calls).toEqual([]);
    expect(await theirs.hydrate(ticket)).toBe(LETTER);
  }
});

it("swapped objects are told apart, also where the references were made to fit", async () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  const references = await Promise.all(
    ["a", "b"].map((text) => manager.dehydrate(text.repeat(5000)) as Promise<StorageReference>),
  );
  const [a, b] = references.map(({ $storageRef }) => $storageRef) as [string, string];
  await store.copy(a, "aside");
  await store.copy(b, a);
  await store.copy("aside", b);
  for (const reference of references) expect(await codeOf(manager.hydrate(reference))).toBe("INTEGRITY");

  // Encrypted entries are bound to their scope: also an attacker who writes broker and bucket can't move them.
  const options = { store, codecs: [encryption()] };
  const secret = await letterIn(options, "d");
  const bytes = await (await store.read(secret.$storageRef)).bytes();
  const { $storageEncoding, $storageContentType } = secret;
  const moved = await planted(store, "outputs/e/moved.json", bytes, {
    $storageEncoding: $storageEncoding!,
    $storageContentType,
  });
  expect(await codeOf(new StorageManager(options).hydrate(moved))).toBe("INTEGRITY");
});

it("a truncated object is never data", async () => {
  for (const codecs of [[], [gzip()], [encryption()], [gzip(), encryption()]]) {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs });
    const ticket = await letterIn({ store, codecs }, "s");
    const whole = await (await store.read(ticket.$storageRef)).bytes();
    for (const length of [0, 1, 20, whole.byteLength - 17, whole.byteLength - 16, whole.byteLength - 1]) {
      const cut = whole.subarray(0, length);
      await store.write(ticket.$storageRef, cut);
      expect(await codeOf(manager.hydrate(ticket))).toBe("INTEGRITY");
      const { $storageEncoding, $storageContentType } = ticket;
      const fitting = await planted(store, ticket.$storageRef, cut, {
        $storageContentType,
        ...($storageEncoding === undefined ? {} : { $storageEncoding }),
      });
      expect(["INTEGRITY", "DECODE_FAILED"]).toContain(await codeOf(manager.hydrate(fitting)));
    }
  }
});

it("what the bucket changes is seen by native references, and not by those of bubustack", async () => {
  const store = new MemoryStore();
  const secret = await planted(store, "outputs/other/secret.json", storedJson("secret"));
  for (const dialect of ["native", "bubustack"] as const) {
    const manager = new StorageManager({ store, dialect, pack: false });
    const ticket = (await manager.dehydrate({ letter: LETTER }, { scope: dialect })) as { letter: object };
    const [path] = Object.values(ticket.letter) as [string];
    await store.write(path, storedJson({ forged: { $bubuStorageRef: secret.$storageRef } }));
    // As SECURITY.md says: the bucket's writer can then also refer to what lies below the reader's prefixes.
    if (dialect === "native") expect(await codeOf(manager.hydrate(ticket))).toBe("INTEGRITY");
    else expect(await manager.hydrate(ticket)).toEqual({ letter: { forged: "secret" } });
  }
});

it("payload data is a reference in bubustack's dialect, unless it is rejected; a manager that signs or encrypts takes none", async () => {
  const store = new MemoryStore();
  await planted(store, "outputs/other/secret.json", storedJson("secret"));
  const lookAlike = { $bubuStorageRef: "outputs/other/secret.json" };
  const lenient = new StorageManager({ store, dialect: "bubustack" });
  expect(await lenient.hydrate(await lenient.dehydrate({ lookAlike }))).toEqual({ lookAlike: "secret" });
  const strict = new StorageManager({ store, dialect: "bubustack", references: "reject" });
  expect(await codeOf(strict.dehydrate({ lookAlike }))).toBe("INVALID_REFERENCE");
  const native = new StorageManager({ store });
  expect(await native.hydrate(await native.dehydrate({ lookAlike }))).toEqual({ lookAlike });
  expect(await native.hydrate({ lookAlike })).toEqual({ lookAlike: "secret" });
  expect(await codeOf(new StorageManager({ store, signing }).hydrate({ lookAlike }))).toBe("SIGNATURE_INVALID");
  const encrypting = new StorageManager({ store, codecs: [encryption()] });
  expect(await codeOf(encrypting.hydrate({ lookAlike }))).toBe("DECODE_FAILED");
});

it("a downgraded codec is refused: what was encrypted is neither read nor replaced in the clear", async () => {
  const store = new MemoryStore();
  const codecs = [gzip(), encryption()];
  const manager = new StorageManager({ store, codecs });
  const ticket = await letterIn({ store, codecs }, "s");
  const { $storageEncoding, ...plain } = ticket;
  expect($storageEncoding).toBe("gzip,aes256gcm");
  expect(await codeOf(manager.hydrate(plain))).toBe("DECODE_FAILED");
  expect(await codeOf(manager.hydrate({ ...plain, $storageContentType: "image/png" }))).toBe("DECODE_FAILED");
  for (const encoding of ["gzip", "aes256gcm,gzip", "aes256gcm", "gzip,gzip,aes256gcm", "none", "brotli,aes256gcm"]) {
    expect(["DECODE_FAILED", "INTEGRITY"]).toContain(
      await codeOf(manager.hydrate({ ...ticket, $storageEncoding: encoding })),
    );
  }
  const inTheClear = await planted(store, "outputs/s/clear.json", storedJson("forged"));
  expect(await codeOf(manager.hydrate(inTheClear))).toBe("DECODE_FAILED");
  const compressed = await planted(store, "outputs/s/gzip.json", gzipSync(storedJson("forged")), {
    $storageEncoding: "gzip",
  });
  expect(await codeOf(manager.hydrate(compressed))).toBe("DECODE_FAILED");
});

it("an unknown key is a typed error that shows neither key nor id", async () => {
  const store = new MemoryStore();
  const ticket = await letterIn({ store, codecs: [encryption({ "secret-id": randomBytes(32) })] }, "s");
  const failure = await failureOf(new StorageManager({ store, codecs: [encryption()] }).hydrate(ticket));
  expect(failure.code).toBe("DECODE_FAILED");
  expect(failure.message).not.toContain("secret-id");
  // The right id, another key.
  const sameId = new StorageManager({ store, codecs: [encryption({ "secret-id": randomBytes(32) })] });
  expect(await codeOf(sameId.hydrate(ticket))).toBe("INTEGRITY");
});

it("a decompression bomb ends at the budget", async () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, codecs: [gzip(), brotli()], maxBytes: 1_000_000 });
  const zeros = Buffer.alloc(200_000_000);
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  // A gzip of nothing, whose header holds a long name (RFC 1952, FNAME): only the brotli around it shows how much that is.
  const name = Buffer.alloc(20_000_000, "n");
  const nested = Buffer.concat([
    Buffer.from("1f8b0808000000000003", "hex"),
    name,
    Buffer.from("0003".padEnd(22, "0"), "hex"),
  ]);
  const bombs = {
    gzip: gzipSync(zeros, { level: 1 }),
    brotli: brotliCompressSync(zeros, fast),
    "gzip,brotli": brotliCompressSync(nested, fast),
  };
  for (const [name, bomb] of Object.entries(bombs)) {
    expect(bomb.byteLength).toBeLessThan(1_000_000);
    const reference = await planted(store, `outputs/s/${name}.json`, bomb, { $storageEncoding: name });
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(manager.hydrate([reference, reference]))).toBe("BUDGET_EXCEEDED");
    expect(await codeOf(manager.open(reference))).toBe("BUDGET_EXCEEDED");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  }
});

it("a reference bomb ends at the budget", async () => {
  const store = new RecordingStore();
  let inner: unknown = await planted(store, "outputs/s/0.json", storedJson("x".repeat(1000)));
  for (let level = 1; level < 9; level++) {
    inner = await planted(store, `outputs/s/${level}.json`, storedJson(Array.from({ length: 10 }, () => inner)));
  }
  store.calls.length = 0;
  expect(await codeOf(new StorageManager({ store }).hydrate(inner))).toBe("BUDGET_EXCEEDED");
  // Each object once, however often it is referred to; and none that more than 10,000 references lead to (maxReferences).
  expect(store.paths("read")).toHaveLength(4);
});

it("references in a circle, and chains without end, are named and ended", async () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  // Without digests there can be circles: in bubustack's dialect.
  const link = (name: string): object => ({ $bubuStorageRef: `outputs/s/${name}.json` });
  await store.write("outputs/s/a.json", storedJson([link("b")]));
  await store.write("outputs/s/b.json", storedJson({ back: link("a") }));
  expect(await codeOf(manager.hydrate(link("a")))).toBe("CYCLIC_REFERENCE");
  for (let index = 0; index < 50; index++) {
    await store.write(`outputs/s/c${index}.json`, storedJson(link(`c${index + 1}`)));
  }
  store.calls.length = 0;
  expect(await codeOf(manager.hydrate(link("c0")))).toBe("RECURSION_LIMIT");
  expect(store.paths("read")).toHaveLength(10);
});

it("a hostile selector reaches nothing but what is stored", async () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  const reference = await planted(store, "outputs/s/a.json", storedJson({ list: [1, 2], text: "text" }));
  const hostile = [
    ...[
      "__proto__",
      "constructor",
      "list.__proto__",
      'list["length"]',
      "text.length",
      "text[0]",
      "constructor.prototype",
    ],
    ...["list[99999999999999999999]", "list[9007199254740991]", "list[-1]", "list[1e3]", `${"a.".repeat(100_000)}a`],
    ...["[".repeat(10_000), '["', "list[*", "list[0", "..", `list${"[*]".repeat(5000)}`, "\u0000"],
  ];
  for (const path of hostile) {
    expect(await codeOf(manager.hydrate({ ...reference, $storagePath: path }))).toBe("INVALID_REFERENCE");
  }
});

it("hydrated data pollutes no prototype", async () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"$$storageRef":"x"}';
  const stored = Buffer.from(`{"contentType":"json","data":${json}}`);
  const reference = await planted(store, "outputs/s/a.json", stored);
  const inline = JSON.parse(`{"__proto__":{"polluted":1},"ref":${JSON.stringify(reference)}}`) as object;
  const hydrated = await manager.hydrate<{ ref: object }>(inline);
  for (const value of [hydrated, hydrated.ref, {}, []]) expect("polluted" in value).toBe(false);
  for (const value of [hydrated, hydrated.ref]) {
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, "__proto__")).toBe(true);
  }
  expect(await manager.hydrate(await manager.dehydrate(JSON.parse(json)))).toEqual(JSON.parse(json));
});

it("path tricks are refused before any I/O", async () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const tricks = [
    ...[
      "../etc/passwd",
      "/outputs/a",
      "outputs/../secret",
      "outputs//a",
      "outputs/a/",
      "outputs/./a",
      "outputs\\..\\a",
    ],
    ...["outputs/a\u0000.json", "outputs/\u0085", "outputs/\ud800", `outputs/${"a".repeat(1020)}`, "", "."],
    ...["file:///etc/passwd", "s3://other/outputs/a", "http://169.254.169.254/latest", "javascript:1", "outputsa/b"],
  ];
  const template = await planted(new MemoryStore(), "outputs/s/a.json", storedJson(1));
  for (const path of tricks) {
    const code = await codeOf(manager.hydrate({ ...template, $storageRef: path }));
    expect(["INVALID_REFERENCE", "REFERENCE_DENIED", "UNKNOWN_SCHEME"]).toContain(code);
  }
  expect(store.calls).toEqual([]);
});

it("path tricks are refused by every store before any I/O", async () => {
  // Nothing listens there: any I/O would be another error.
  const nowhere = "http://127.0.0.1:1";
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const stores: Store[] = [
    new MemoryStore(),
    new FileStore({ root: "/nonexistent/root" }),
    new S3Store({ bucket: "b", clientConfig: { endpoint: nowhere, region: "r", credentials } }),
    new RedisStore({ url: "redis://127.0.0.1:1" }),
    new GcsStore({ bucket: "box", clientConfig: { apiEndpoint: nowhere } }),
    new AzureStore({ container: "box", accountUrl: nowhere, credential: { accountName: "a", accountKey: "Yg==" } }),
  ];
  const primary = stores[0]!;
  stores.push(
    new RoutingStore({ primary }),
    new TieredStore({ remote: primary }),
    new FailoverStore({ stores: { primary } }),
    new ReplicatedStore({ stores: { primary } }),
    withPrefix(primary, "tenant"),
  );
  const tricks = [
    "../a",
    "a/../../b",
    "/a",
    "a//b",
    "a/",
    "./a",
    "..",
    "a\\..\\b",
    "a\u0000b",
    "a\nb",
    "\ud800",
    "",
    "a/./b",
  ];
  for (const store of stores) {
    for (const path of [...tricks, "a".repeat(1025)]) {
      expect([store.name, path, await codeOf(store.read(path))]).toEqual([store.name, path, "INVALID_PATH"]);
      expect(await codeOf(store.write(path, "x"))).toBe("INVALID_PATH");
      expect(await codeOf(store.delete(path))).toBe("INVALID_PATH");
      expect(await codeOf(store.stat(path))).toBe("INVALID_PATH");
    }
    await store.close();
  }
});
