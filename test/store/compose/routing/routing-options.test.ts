import { type StorageError, isStorageError } from "../../../../src/errors/error.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";

const primary = new MemoryStore();
const mem = new MemoryStore();
const make = (options: object) => new RoutingStore({ primary, ...options });

function refusal(call: () => unknown): StorageError {
  try {
    call();
  } catch (error) {
    expect(isStorageError(error, "CONFIG_INVALID")).toBe(true);
    return error as StorageError;
  }
  throw new Error("It was taken.");
}

describe("The options of a routing store", () => {
  it.each([
    ["primary", { primary: undefined }],
    ["primary", { primary: {} }],
    ["primary", { primary: { capability: null, read: jest.fn(), write: jest.fn(), close: jest.fn() } }],
    ["primary", { primary: () => mem }],
    ["primaryScheme", { primaryScheme: "" }],
    ["primaryScheme", { primaryScheme: "s3:" }],
    ["primaryScheme", { primaryScheme: "s3://" }],
    ["primaryScheme", { primaryScheme: "s3://bucket/" }],
    ["primaryScheme", { primaryScheme: "s3://bucket/prefix" }],
    ["primaryScheme", { primaryScheme: "s3://user:pass@bucket" }],
    ["primaryScheme", { primaryScheme: "3s" }],
    ["primaryScheme", { primaryScheme: 7 }],
    ["schemes", { schemes: [] }],
    ["schemes.mem", { schemes: { mem: {} } }],
    ["schemes.mem", { schemes: { mem: null } }],
    ["schemes.mem", { schemes: { mem: "s3" } }],
    ["schemes", { schemes: { "1x": mem } }],
    ["schemes", { schemes: { "a b": mem } }],
    ["schemes", { schemes: { "": mem } }],
    ["schemes", { schemes: { "x://": mem } }],
    ["schemes", { schemes: { x_y: mem } }],
    ["aliases", { aliases: { "": "s3" } }],
    ["aliases.m", { aliases: { m: "" } }],
    ["aliases.m", { aliases: { m: 7 } }],
    ["onUnknownScheme", { onUnknownScheme: "fallback" }],
    ["poolKey", { poolKey: "scheme" }],
    ["observer", { observer: {} }],
    ["pool", { pool: {} }],
  ])("refuse a wrong %s: %j", (field, options) => {
    expect(refusal(() => make(options)).message).toContain(field);
  });

  it("are all named when they are wrong", () => {
    const wrong = { primary: 1, primaryScheme: 1, schemes: 1, aliases: 1, onUnknownScheme: 1, poolKey: 1 };
    const { message } = refusal(() => make(wrong));
    for (const field of Object.keys(wrong)) expect(message).toContain(`${field}: `);
  });

  it.each([
    ["a scheme twice", { schemes: { mem, MEM: mem } }, '"mem" is configured twice'],
    ["a scheme that is all the primary's", { primaryScheme: "mem", schemes: { mem } }, '"mem" is the primary\'s'],
    ["an alias that is a scheme", { schemes: { mem }, aliases: { Mem: "s3" } }, '"mem" is configured'],
    ["an alias that is built in", { aliases: { s3: "mem" } }, '"s3" is built in'],
    ["an alias that is one already", { aliases: { abfs: "mem" } }, '"abfs" is another name of "abfss"'],
    ["an alias twice", { aliases: { a: "s3", A: "mem" } }, '"a" is another name of "s3"'],
    ["an alias of itself", { aliases: { a: "a" } }, "leads back to itself"],
    ["aliases in a circle", { aliases: { a: "b", b: "c", c: "a" } }, "leads back to itself"],
  ])("refuse %s", (_, options, problem) => {
    expect(refusal(() => make(options)).message).toContain(problem);
  });

  it("may name a scheme after what every object has", () => {
    const store = make({ schemes: { constructor: mem }, aliases: { valueof: "constructor" } });
    expect(["constructor", "valueof", "tostring"].map((scheme) => store.routes(scheme))).toEqual([true, true, false]);
  });
});

describe("registerScheme", () => {
  it("adds a scheme, also one that an alias is waiting for", async () => {
    const store = make({ aliases: { m: "mem" }, primaryScheme: "part://only" });
    expect(store.routes("m")).toBe(false);
    store.registerScheme("MEM", () => new MemoryStore());
    store.registerScheme("part", mem);
    await store.write("m://c/a", "1");
    expect(await store.stat("mem://c/a")).toMatchObject({ size: 1 });
    expect(await store.stat("part://other/a")).toBeUndefined();
  });

  it.each([
    ["mem", "is registered or configured already"],
    ["MEM", "is registered or configured already"],
    ["added", "is registered or configured already"],
    ["s3", "is built in; the option `schemes` can replace it"],
    ["abfs", 'is another name of "abfss"'],
    ["other", 'is another name of "mem"'],
    ["all", "is the primary's"],
  ])("refuses %s, which is known", (scheme, problem) => {
    const store = make({ schemes: { mem }, aliases: { other: "mem" }, primaryScheme: "all" });
    store.registerScheme("added", mem);
    const before = store.routes(scheme);
    expect(refusal(() => store.registerScheme(scheme, mem)).message).toContain(`"${scheme.toLowerCase()}" ${problem}`);
    expect(store.routes(scheme)).toBe(before);
  });

  it.each(["", "1a", "a_b", "a b", "a:", "a://", "é", "s3cr3t/", 7, null, undefined])(
    "refuses %j, which is no scheme",
    (scheme) => {
      const { message } = refusal(() => make({}).registerScheme(scheme as string, mem));
      expect(message).toContain("RFC 3986");
      expect(message).not.toContain("s3cr3t");
    },
  );

  it.each([undefined, null, {}, "s3", { read: 1 }])("refuses %j, which is no store", (stores) => {
    const store = make({});
    expect(refusal(() => store.registerScheme("x", stores as never)).message).toContain('"x" must be given a Store');
    expect(store.routes("x")).toBe(false);
  });

  it("replaces what is built in by the option schemes alone", async () => {
    const store = make({ schemes: { s3: mem } });
    await store.write("s3://any-bucket/replaced", "1");
    expect(await mem.stat("replaced")).toMatchObject({ size: 1 });
  });
});
