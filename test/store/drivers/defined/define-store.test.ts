import { defineStore, StorageError, type StoreDefinition } from "../../../../src/index.js";
import { failureOf } from "../../../support/failure.js";

const EMPTY: StoreDefinition = {
  name: "mine",
  get: () => undefined,
  put: () => undefined,
  delete: () => undefined,
  keys: () => [],
};

async function paths(definition: Partial<StoreDefinition>, prefix = ""): Promise<string[]> {
  const found = [];
  for await (const { path } of defineStore({ ...EMPTY, ...definition }).list(prefix)) found.push(path);
  return found;
}

describe("defineStore", () => {
  it.each<[object, string]>([
    [{ ...EMPTY, name: "" }, "name"],
    [{ ...EMPTY, get: undefined }, "get"],
    [{ ...EMPTY, put: "put" }, "put"],
    [{ ...EMPTY, keys: 1 }, "keys"],
    [{ ...EMPTY, stat: () => undefined }, "stat"],
    [{ ...EMPTY, capability: { copy: true } }, "copy"],
    [{ ...EMPTY, capability: { maxObjectSize: 0 } }, "maxObjectSize"],
    [[], "options"],
  ])("refuses a definition that is none: %#", (definition, field) => {
    expect(() => defineStore(definition as never)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(field) as string }) as Error,
    );
  });

  it("calls the functions as methods of the definition", async () => {
    const own = {
      ...EMPTY,
      objects: undefined,
    };
    Reflect.deleteProperty(own, "objects");
    const seen: unknown[] = [];
    own.get = function (this: unknown) {
      seen.push(this);
      return undefined;
    };
    expect(await defineStore(own).stat("a")).toBeUndefined();
    expect(seen).toEqual([own]);
  });

  it("tells what a function's error means by its code, its status or codeOf; any other is UNEXPECTED", async () => {
    const failing = async (error: unknown, codeOf?: StoreDefinition["codeOf"]) => {
      const get = () => {
        throw error;
      };
      return failureOf(defineStore({ ...EMPTY, get, codeOf }).stat("a"));
    };
    const plain = new Error("secret");
    const details = { operation: "stat", store: "mine", path: "a" };
    expect(await failing(plain)).toMatchObject({ ...details, code: "UNEXPECTED", cause: plain });
    expect(await failing(Object.assign(new Error(), { code: "ECONNREFUSED" }))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await failing(new TypeError("fetch failed", { cause: { code: "ENOTFOUND" } }))).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    expect(await failing({ status: 403 })).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await failing({ statusCode: 503 })).toMatchObject({ code: "UNAVAILABLE" });
    expect(await failing(plain, () => "THROTTLED")).toMatchObject({ ...details, code: "THROTTLED", retryable: true });
    expect(await failing(new StorageError("LIMIT_EXCEEDED", "No."))).toMatchObject({
      ...details,
      code: "LIMIT_EXCEEDED",
    });
    for (const error of [plain, { status: 403 }])
      expect(((await failing(error)) as Error).message).not.toContain("secret");
  });

  it.each<[Partial<StoreDefinition>, string]>([
    [{ get: () => "text" as never }, "get"],
    [{ get: () => ({}) as never }, "get"],
    [{ keys: () => undefined as never }, "keys"],
    [{ keys: () => "abc" as never }, "keys"],
    [{ keys: () => [1] as never }, "keys"],
    [{ keys: () => [{ path: "a" }] as never }, "keys"],
  ])("says which function gave what is no answer: %#", async (definition, name) => {
    const store = defineStore({ ...EMPTY, ...definition });
    const error = await failureOf(name === "get" ? store.read("a") : store.list("")[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: "UNEXPECTED", store: "mine" });
    expect((error as Error).message).toContain(`The function "${name}" of the store mine must give`);
  });

  it("lists in order, each once, and only what is a path that was asked for", async () => {
    const keys = () => ["b", "a/b", "a", "a/b", "../x", "", "a/c"];
    const get = () => new Uint8Array(1);
    expect(await paths({ keys, get })).toEqual(["a", "a/b", "a/c", "b"]);
    expect(await paths({ keys, get }, "a/")).toEqual(["a/b", "a/c"]);
    expect(await paths({ keys: () => [{ path: "a", size: 1 }] })).toEqual(["a"]); // nothing is fetched
  });

  it("keeps the bytes apart: of the writer, of the definition, of the reader", async () => {
    const objects = new Map<string, Uint8Array>();
    const store = defineStore({
      ...EMPTY,
      get: (path) => objects.get(path),
      put: (path, bytes) => void objects.set(path, bytes),
    });
    const written = Uint8Array.of(1, 2);
    await store.write("a", written);
    written[0] = 9;
    (await (await store.read("a")).bytes())[1] = 9;
    await store.copy("a", "b");
    objects.get("a")![0] = 8;
    expect(await (await store.read("b")).bytes()).toEqual(Uint8Array.of(1, 2));
  });

  it("closes by the definition", async () => {
    const close = jest.fn();
    await defineStore({ ...EMPTY, close }).close();
    expect(close).toHaveBeenCalledTimes(1);
  });
});
