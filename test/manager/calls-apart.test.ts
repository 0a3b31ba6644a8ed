import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { DehydrateOptions } from "../../src/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { signingOptions } from "../support/signing.js";

// What one call was given never reaches another: an option that the second call leaves out, or names as undefined, is
// that of the manager.

const scope = "run/step";
const signing = signingOptions();
const lookAlike = { $storageRef: "outputs/other/secret.json", $storageContentType: "application/json" };

const refused = (options: unknown) =>
  failureOf(new StorageManager({ store: new MemoryStore() }).dehydrate("small", options as DehydrateOptions));

describe("options of a call", () => {
  it.each<[string, DehydrateOptions, DehydrateOptions]>([
    ["references", { scope, references: "reject" }, { scope, signal: undefined }],
    ["prefix", { scope, prefix: "outputs/elsewhere" }, { scope, signal: undefined }],
    ["prefix", { prefix: "outputs/elsewhere", scope: undefined }, { scope: undefined, signal: undefined }],
    ["schema", { scope, schema: "order" }, { scope, schemaVersion: undefined }],
    ["maxInlineSize", { scope, maxInlineSize: 1 }, { scope, maxEnvelopeSize: undefined }],
    ["maxRecursionDepth", { scope, maxRecursionDepth: 0 }, { scope, maxEnvelopeSize: undefined }],
    ["signal", { scope, signal: AbortSignal.abort() }, { scope, timeout: undefined }],
    ["signal", { scope, signal: AbortSignal.abort() }, { scope, signal: undefined }],
    ["signal", { scope, signal: new AbortController().signal }, { scope, signal: AbortSignal.abort() }],
    ["audience", { scope, audience: "other" }, { scope, schema: undefined }],
  ])("do not reach the next one: %s, %j then %j", async (_, first, second) => {
    const make = () => new StorageManager({ store: new MemoryStore(), signing });
    const payload = { text: longText("a"), list: [lookAlike, { deep: { text: longText("b") } }] };
    for (const name of ["dehydrate", "dehydrateInputs", "plan"] as const) {
      const used = make();
      const fresh = make();
      for (const manager of [used, used.forTenant("acme")]) {
        await settled(() => manager[name](payload, first));
        const own = manager === used ? fresh : fresh.forTenant("acme");
        if (second.scope !== undefined)
          expect(await settled(() => manager.dehydrate(payload, second))).toEqual(
            await settled(() => own.dehydrate(payload, second)),
          );
        expect(planned(manager, payload, second)).toEqual(planned(own, payload, second));
      }
    }
  });

  it("are those that were given when the call began, not what became of the object", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const options: DehydrateOptions = { scope: "a", references: "pass" };
    const first = manager.dehydrate(longText("first"), options);
    options.scope = "b";
    options.references = "reject";
    const second = manager.dehydrate(longText("second"), options);
    delete options.references;
    const third = manager.dehydrate({ a: lookAlike, text: longText("third") }, options);
    expect(await first).toHaveProperty("$storageRef", expect.stringMatching(/^outputs\/a\//));
    expect(await second).toHaveProperty("$storageRef", expect.stringMatching(/^outputs\/b\//));
    expect(await manager.hydrate(await third)).toEqual({ a: lookAlike, text: longText("third") });
  });

  it("are used as they were checked where a getter gives another each time", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    let reads = 0;
    const counting = {
      get scope() {
        return `read-${++reads}`;
      },
    };
    expect(await manager.dehydrate(longText("a"), counting)).toHaveProperty(
      "$storageRef",
      expect.stringMatching(/^outputs\/read-1\//),
    );
    expect(await manager.dehydrate(longText("a"), { scope: "read-2" })).toHaveProperty(
      "$storageRef",
      expect.stringMatching(/^outputs\/read-2\//),
    );
  });

  it("of a hydration don't change with the list that the manager was given", async () => {
    const resolvers = [{ key: "$bubuName", resolve: () => Promise.resolve("resolved") }];
    const manager = new StorageManager({ resolvers });
    resolvers.length = 0;
    expect(await manager.hydrate({ $bubuName: "a" })).toBe("resolved");
  });
});

describe("options that are no options", () => {
  class Options {
    readonly scope = "a";
  }
  it.each<[string, unknown]>([
    ["an unknown name whose value is undefined", { shema: undefined }],
    ["an unknown name that is not enumerable", Object.defineProperty({}, "shema", { value: 1 })],
    ["__proto__ as a name", JSON.parse('{ "__proto__": { "scope": "a" } }')],
    ["inherited ones", Object.create({ references: "pass" })],
    ["inherited ones of a bare prototype", Object.create(Object.assign(Object.create(null) as object, { scope: "a" }))],
    ["an instance of a class", new Options()],
    ["an array", []],
    ["a map", new Map()],
    ["a function", () => ({})],
    ["a text", "scope"],
    ["null", null],
  ])("are CONFIG_INVALID: %s, also after a call with good ones", async (_, options) => {
    expect(await refused(options)).toMatchObject({ code: "CONFIG_INVALID" });
    const manager = new StorageManager({ store: new MemoryStore() });
    for (const good of [{}, { references: "pass" }, { schema: undefined }] as const) {
      await manager.dehydrate("small", good);
      expect(await failureOf(manager.dehydrate("small", options as DehydrateOptions))).toMatchObject({
        code: "CONFIG_INVALID",
      });
    }
  });

  it("are CONFIG_INVALID when a getter throws, with what it threw as the cause", async () => {
    const cause = new Error("no scope today");
    const options = {
      get scope(): string {
        throw cause;
      },
    };
    expect(await refused(options)).toMatchObject({ code: "CONFIG_INVALID", cause });
  });

  it("may be without a prototype, and of another realm", async () => {
    const bare = Object.assign(Object.create(null) as object, { scope: "a" });
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(await manager.dehydrate("small", bare)).toBe("small");
    const { runInNewContext } = await import("node:vm");
    expect(await manager.dehydrate("small", runInNewContext('({ scope: "a" })') as object)).toBe("small");
  });
});

/** What became of a call, with its error as code and message. */
async function settled(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return String(error);
  }
}

// A scope that was not given is new for each call, and so is a signature over it.
function planned(manager: StorageManager, payload: unknown, options: DehydrateOptions): unknown {
  try {
    const text = JSON.stringify(manager.plan(payload, options));
    return options.scope === undefined ? text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|"k1:[^"]*"/g, "") : text;
  } catch (error) {
    return String(error);
  }
}
