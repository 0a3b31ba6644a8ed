import { S3Client } from "@aws-sdk/client-s3";
import pino from "pino";
import { Writable } from "node:stream";
import { aes256gcm, binary, StorageError } from "../../src/index.js";
import type { PresignOptions, StorageEvent, StorageReference } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { S3Store } from "../../src/store/drivers/s3/s3-store.js";
import type { Store } from "../../src/store/store.js";
import { FaultProxy } from "../fixtures/fault-proxy.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";
import { failureOf as thrownBy } from "../plan/failure.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { putPack } from "../support/packed.js";
import { referenceTo, storedJson } from "../support/stored.js";
import { TappedStore } from "../support/tapped-store.js";

const GET = { method: "GET", expiresIn: 60 } as const;
const PUT = { method: "PUT", expiresIn: 60 } as const;

/** Writes down what it was asked to sign, and signs nothing. */
class SigningStore extends TappedStore {
  readonly signed: [string, PresignOptions][] = [];

  constructor() {
    super((_call, proceed) => proceed());
  }

  override presign(path: string, options: PresignOptions): Promise<string> {
    this.signed.push([path, options]);
    return Promise.resolve(`https://host.example/${path}?signature=secret`);
  }
}

function signing(options: object = {}) {
  const store = new SigningStore();
  const events: StorageEvent[] = [];
  const manager = new StorageManager({ store, observer: (event) => void events.push(event), ...options });
  /** The code of a call for which nothing is signed. */
  const refusal = async (target: unknown, request: unknown): Promise<string> => {
    const error = await failureOf(manager.presign(target as string, request as PresignOptions));
    expect(store.signed).toEqual([]);
    expect(error.message).not.toContain("outputs");
    return error.code;
  };
  return { store, events, manager, refusal };
}

const HASH = "0123456789abcdef".repeat(4);

describe("presign", () => {
  it("signs paths below both prefixes, and GET for those that are allowed too", async () => {
    const { store, manager } = signing({ allow: ["shared"] });
    for (const path of ["outputs/a", "inputs/a/b", "shared/a"]) await manager.presign(path, GET);
    for (const path of ["outputs/a", "inputs/a/b"]) await manager.presign(path, PUT);
    expect(store.signed.map(([path, { method }]) => `${method} ${path}`)).toEqual([
      "GET outputs/a",
      "GET inputs/a/b",
      "GET shared/a",
      "PUT outputs/a",
      "PUT inputs/a/b",
    ]);
  });

  it("signs references to whole objects, of both dialects", async () => {
    const { store, manager } = signing({ pack: false });
    const reference = (await manager.dehydrate(longText("x"))) as StorageReference;
    await manager.presign(reference, GET);
    await manager.presign({ $bubuStorageRef: "outputs/s/a.json" }, GET);
    expect(store.signed).toEqual([
      [reference.$storageRef, GET],
      ["outputs/s/a.json", GET],
    ]);
  });

  it.each(["outputs2/a", "secret", "Outputs/a", "shared/a", "inputsx", "outputs%2Fa"])("denies %s", async (path) => {
    const { refusal } = signing();
    expect(await refusal(path, GET)).toBe("REFERENCE_DENIED");
    expect(await refusal(path, PUT)).toBe("REFERENCE_DENIED");
    expect(await refusal(referenceTo(path, storedJson(1)), GET)).toBe("REFERENCE_DENIED");
  });

  it("denies a PUT where reading is allowed, and to what is named by its content", async () => {
    const { refusal } = signing({ allow: ["shared"] });
    expect(await refusal("shared/a", PUT)).toBe("REFERENCE_DENIED");
    for (const extension of ["json", "pack", "bin"]) {
      expect(await refusal(`outputs/s/${HASH}.${extension}`, PUT)).toBe("REFERENCE_DENIED");
      expect(await refusal(`outputs/s/${HASH}.${extension}.reencrypted`, PUT)).toBe("REFERENCE_DENIED");
    }
  });

  it.each(["", "/outputs/a", "outputs/../a", "outputs/a\n", String.raw`outputs\a`, "outputs//a"])(
    "takes %j for no path",
    async (path) => {
      expect(await signing().refusal(path, GET)).toBe("INVALID_PATH");
    },
  );

  it("refuses references to a part of a pack, to a part of a value, and for a PUT, and says what to do", async () => {
    const { store, manager, refusal } = signing();
    const [packed] = await putPack(store, [storedJson(1), storedJson(2)]);
    const whole = referenceTo("outputs/s/a.json", storedJson(1));
    expect(await refusal(packed, GET)).toBe("INVALID_REFERENCE");
    expect(await refusal({ ...whole, $storagePath: "items[0]" }, GET)).toBe("INVALID_REFERENCE");
    expect(await refusal(whole, PUT)).toBe("INVALID_REFERENCE");
    expect((await failureOf(manager.presign(packed!, GET))).message).toMatch(/pack: false/);
    expect((await failureOf(manager.presign({ ...whole, $storagePath: "a" }, GET))).message).toMatch(/hydrate/);
  });

  it("refuses what is neither a path nor a reference", async () => {
    const { manager, refusal } = signing();
    const likePath = { toString: () => "outputs/a" };
    for (const target of [undefined, null, 7, {}, [], ["outputs/a"], { $storageRef: "outputs/a" }, likePath]) {
      expect(await refusal(target, GET)).toBe("INVALID_REFERENCE");
      expect((await failureOf(manager.presign(target as string, GET))).operation).toBe("presign");
    }
  });

  it.each<[string, unknown]>([
    ["no options", undefined],
    ["no method", { expiresIn: 60 }],
    ["another method", { method: "DELETE", expiresIn: 60 }],
    ["no time", { method: "GET" }],
    ["none left", { method: "GET", expiresIn: 0 }],
    ["too long a time", { method: "GET", expiresIn: 3601 }],
    ["half a second", { method: "GET", expiresIn: 1.5 }],
    ["a time as text", { method: "GET", expiresIn: "60" }],
    ["for ever", { method: "GET", expiresIn: Infinity }],
    ["an unknown option", { method: "GET", expiresIn: 60, path: "a" }],
    ["no signal", { method: "GET", expiresIn: 60, signal: {} }],
  ])("is CONFIG_INVALID with %s", async (_, options) => {
    expect(await signing().refusal("outputs/a", options)).toBe("CONFIG_INVALID");
  });

  it("is bounded by maxPresignExpiry, which is bounded by what S3 takes", async () => {
    const { store, manager } = signing({ maxPresignExpiry: 604_800 });
    await manager.presign("outputs/a", { method: "GET", expiresIn: 604_800 });
    expect(store.signed).toHaveLength(1);
    expect(await signing({ maxPresignExpiry: 10 }).refusal("outputs/a", GET)).toBe("CONFIG_INVALID");
    for (const maxPresignExpiry of [604_801, 0, -1, 1.5, "60", null, Infinity]) {
      expect(thrownBy(() => signing({ maxPresignExpiry }))).toMatchObject({ code: "CONFIG_INVALID" });
    }
  });

  it("is UNSUPPORTED where the store can't, and STORAGE_DISABLED without one", async () => {
    const own = { ...methodsOf(new MemoryStore()), presign: undefined } as unknown as Store;
    for (const store of [new MemoryStore(), own]) {
      const error = await failureOf(new StorageManager({ store }).presign("outputs/a", GET));
      expect(error).toMatchObject({ code: "UNSUPPORTED", operation: "presign" });
    }
    expect((await failureOf(new StorageManager({}).presign("outputs/a", GET))).code).toBe("STORAGE_DISABLED");
  });

  it("heeds its signal, and the time limit", async () => {
    const { manager, refusal } = signing();
    const reason = new Error("no more");
    expect(await refusal("outputs/a", { ...GET, signal: AbortSignal.abort(reason) })).toBe("ABORTED");
    const controller = new AbortController();
    const stuck = new StorageManager({ store: stuckSigner(() => controller.abort(reason)) });
    const error = await failureOf(stuck.presign("outputs/a", { ...GET, signal: controller.signal }));
    expect(error).toMatchObject({ code: "ABORTED", cause: reason });
    const late = new StorageManager({ store: stuckSigner(() => undefined), timeout: 1 });
    expect((await failureOf(late.presign("outputs/a", GET))).code).toBe("TIMEOUT");
    expect(await manager.presign("outputs/a", GET)).toContain("outputs/a");
  });

  it("is told of without the URL and the path", async () => {
    const { manager, events } = signing();
    const logged: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        logged.push(chunk.toString());
        callback();
      },
    });
    const logging = new StorageManager({ store: manager.store, logger: pino({ level: "trace" }, stream) });
    for (const each of [manager, logging]) {
      await each.presign("outputs/a", GET);
      await failureOf(each.presign("outside", GET));
    }
    expect(events).toEqual([
      {
        operation: "presign",
        store: "tapped",
        objects: 1,
        bytes: 0,
        outcome: "success",
        durationMs: expect.any(Number),
      },
      {
        operation: "presign",
        store: "tapped",
        objects: 1,
        bytes: 0,
        outcome: "error",
        code: "REFERENCE_DENIED",
        durationMs: expect.any(Number),
      },
    ]);
    expect(logged).toHaveLength(2);
    expect(logged.join()).not.toMatch(/secret|outputs|outside|host\.example/);
  });

  it("signs absolute paths in one form, of schemes that the store routes", async () => {
    const mem = new SigningStore();
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem } });
    const manager = new StorageManager({ store, outputPrefix: "mem://c/p", allow: ["mem://shared"] });
    expect(await manager.presign("MEM://c/%70/x%20y", GET)).toContain("p/x y");
    await manager.presign("mem://shared/x", GET);
    expect(mem.signed.map(([path]) => path)).toEqual(["p/x y", "x"]);
    for (const [path, code] of [
      ["mem://other/p/x", "REFERENCE_DENIED"],
      ["mem://c/p/%2e%2e/x", "INVALID_PATH"],
      ["ftp://c/p/x", "UNKNOWN_SCHEME"],
    ]) {
      expect((await failureOf(manager.presign(path!, GET))).code).toBe(code);
    }
    expect((await failureOf(manager.presign("mem://shared/x", PUT))).code).toBe("REFERENCE_DENIED");
    expect(mem.signed).toHaveLength(2);
  });
});

describe("presign over S3", () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let client: S3Client;
  let store: S3Store;

  beforeAll(async () => {
    server = await startS3Server();
    proxy = await FaultProxy.start(server.endpoint);
    const setUp = new S3Client(s3ClientConfig(server.endpoint));
    const bucket = await createBucket(setUp);
    setUp.destroy();
    // The server is a process of its own: what it is asked, comes through the proxy.
    client = new S3Client({ ...s3ClientConfig(proxy.endpoint), requestHandler: { httpAgent: { keepAlive: false } } });
    store = new S3Store({ bucket, client });
  });

  afterAll(async () => {
    client.destroy();
    await proxy.stop();
    await server.stop();
  });

  it("gives URLs that download what a tenant has, and upload below its prefixes", async () => {
    const tenant = new StorageManager({ store, pack: false }).forTenant("a é");
    const text = longText("x");
    const reference = (await tenant.dehydrate({ text, bytes: Buffer.from("bytes") })) as Record<
      string,
      StorageReference
    >;
    const binary = await fetch(await tenant.presign(reference["bytes"]!, GET));
    expect(await binary.text()).toBe("bytes");
    const json = await fetch(await tenant.presign(reference["text"]!, GET));
    expect(await json.json()).toEqual({ contentType: "raw", data: text });
    const put = await fetch(await tenant.presign("inputs/a é/upload", PUT), { method: "PUT", body: "uploaded" });
    await put.arrayBuffer();
    expect(put.status).toBe(200);
    expect(Buffer.from(await tenant.readBlob("inputs/a é/upload")).toString()).toBe("uploaded");
  });

  it("gives each of two tenants its own, whose names look alike", async () => {
    const manager = new StorageManager({ store });
    const [composed, decomposed] = ["\u00e9", "e\u0301"];
    for (const name of [composed, decomposed]) {
      const url = await manager.forTenant(name).presign(`outputs/${name}/x`, PUT);
      await (await fetch(url, { method: "PUT", body: `of ${name}` })).arrayBuffer();
    }
    for (const name of [composed, decomposed]) {
      const tenant = manager.forTenant(name);
      const response = await fetch(await tenant.presign(`outputs/${name}/x`, GET));
      expect(await response.text()).toBe(`of ${name}`);
    }
    const call = manager.forTenant(composed).presign(`outputs/${decomposed}/x`, GET);
    expect((await failureOf(call)).code).toBe("REFERENCE_DENIED");
  });

  it("gives URLs of one object and one lifetime, and sends nothing for them", async () => {
    const before = proxy.connections;
    const tenant = new StorageManager({ store }).forTenant("a");
    const url = new URL(await tenant.presign("outputs/a/x", { method: "GET", expiresIn: 120 }));
    expect(url.searchParams.get("X-Amz-Expires")).toBe("120");
    expect(url.pathname).toMatch(/\/outputs\/a\/x$/);
    expect(proxy.connections).toBe(before);
  });

  it("refuses what is another tenant's with no request", async () => {
    const manager = new StorageManager({ store, pack: false });
    const foreign = (await manager.forTenant("b").dehydrate(longText("x"))) as StorageReference;
    const before = proxy.connections;
    const tenant = manager.forTenant("a");
    for (const target of [foreign, foreign.$storageRef, "outputs/ab/x", "outputs/b/x"]) {
      expect((await failureOf(tenant.presign(target, GET))).code).toBe("REFERENCE_DENIED");
    }
    expect((await failureOf(tenant.hydrate(foreign))).code).toBe("REFERENCE_DENIED");
    expect((await failureOf(tenant.readBlob(foreign.$storageRef))).code).toBe("REFERENCE_DENIED");
    expect(proxy.connections).toBe(before);
    await manager.hydrate(foreign);
    expect(proxy.connections).toBeGreaterThan(before); // requests are seen
  });
});

/** A store whose URLs never come. */
function stuckSigner(onCall: () => void): Store {
  const store = new SigningStore();
  store.presign = () => {
    queueMicrotask(onCall);
    return new Promise(() => undefined);
  };
  return store;
}

/** A store of a user's own, which is no class of ours. */
function methodsOf(store: Store): Partial<Store> {
  return {
    name: "own",
    capability: store.capability,
    write: store.write.bind(store),
    read: store.read.bind(store),
    stat: store.stat.bind(store),
    delete: store.delete.bind(store),
    list: store.list.bind(store),
    close: store.close.bind(store),
  };
}

describe("the name and type of what a URL gives", () => {
  const NAMED = 'image/png; name="cat.png"';

  async function stored(contentType: string, options: object = {}) {
    const set = signing({ pack: false, ...options });
    const reference = (await set.manager.dehydrate(binary("meow", { contentType }))) as StorageReference;
    return { ...set, reference };
  }

  it("are those that are asked for", async () => {
    const { store, manager } = signing();
    await manager.presign("outputs/a", { ...GET, filename: "ü.csv", contentType: "text/csv" });
    expect(store.signed).toEqual([["outputs/a", { ...GET, filename: "ü.csv", contentType: "text/csv" }]]);
  });

  it("are asked for only where something says them", async () => {
    const { store, manager, reference } = await stored("image/png");
    await manager.presign("outputs/a", { ...GET, filename: undefined });
    await manager.presign(reference, GET);
    expect(store.signed.map(([, options]) => options)).toEqual([GET, GET]);
  });

  it("the name is that of the reference, unless another is asked for", async () => {
    const { store, manager, reference } = await stored(NAMED);
    await manager.presign(reference, GET);
    await manager.presign(reference, { ...GET, filename: "dog.png" });
    expect(store.signed.map(([, { filename }]) => filename)).toEqual(["cat.png", "dog.png"]);
  });

  it("what is encoded has none", async () => {
    const { store, manager, reference } = await stored(NAMED, {
      codecs: [aes256gcm({ keys: { a: new Uint8Array(32) }, activeKeyId: "a" })],
    });
    await manager.presign(reference, GET);
    expect(store.signed.map(([, options]) => options)).toEqual([GET]);
  });

  it("a name that nobody asked for is left out where URLs can't say one", async () => {
    const { store, manager, reference } = await stored(NAMED);
    const presign = store.presign.bind(store);
    store.presign = (path, options) =>
      options.filename === undefined ? presign(path, options) : Promise.reject(new StorageError("UNSUPPORTED", "No."));
    await manager.presign(reference, GET);
    expect(store.signed.map(([, options]) => options)).toEqual([GET]);
    await expect(manager.presign(reference, { ...GET, filename: "a" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    store.presign = () => Promise.reject(new StorageError("UNAVAILABLE", "No."));
    await expect(manager.presign(reference, GET)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it.each([
    { ...GET, filename: "" },
    { ...GET, filename: "a\r\nSet-Cookie: b" },
    { ...GET, filename: "\ud800" },
    { ...GET, filename: 1 },
    { ...GET, contentType: "no type" },
    { ...GET, contentType: "text/html\r\nSet-Cookie: b" },
    { ...PUT, filename: "a" },
    { ...PUT, contentType: "text/csv" },
  ])("are refused when they are none: %j", async (options) => {
    const { refusal } = signing();
    expect(await refusal("outputs/a", options)).toBe("CONFIG_INVALID");
  });
});
