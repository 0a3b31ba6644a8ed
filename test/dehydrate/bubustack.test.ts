import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, putJson } from "../support/stored.js";

// The rules are those of pkg/storage/manager.go of bubustack/bobrapet: offloadValue writes, storageRefSelector and
// hydrateStoredObject read. The bytes below are spelt as Go's encoding/json does it: keys sorted, <, > and & escaped.

describe("objects that the Go system wrote", () => {
  const store = new MemoryStore();
  const FILES: Record<string, string> = {
    "outputs/demo/step-1/output.json": String.raw`{"contentType":"json","data":{"html":"\u003cp\u003ea \u0026 b\u003c/p\u003e","line":"\u2028","n":1e+21,"nul":null}}`,
    "outputs/demo/step-1/body.text.json": String.raw`{"contentType":"raw","data":"5 \u003e 3, \"quoted\" and \\ \u0001 ü"}`,
    "outputs/demo/step-1/items.0.json": `{"contentType":"json","data":[1,2.5,true]}`,
    "outputs/demo/step-1/nested.json": `{"contentType":"json","data":{"again":{"$bubuStorageContentType":"application/json","$bubuStorageRef":"outputs/demo/step-1/items.0.json"}}}`,
    "inputs/demo/run/input.json": `{"contentType":"json","data":{"a":{"$bubuStorageContentType":"text/plain","$bubuStorageRef":"outputs/demo/step-1/body.text.json"}}}`,
    "outputs/demo/step-1/dollars.json": `{"contentType":"json","data":{"$$storageRef":"kept","$$bubuX":1,"$other":2}}`,
  };
  const ROOT = { html: "<p>a & b</p>", line: "\u2028", n: 1e21, nul: null };
  const TEXT = '5 > 3, "quoted" and \\ \u0001 ü';
  const ref = ($bubuStorageRef: string, more: object = {}) => ({ $bubuStorageRef, ...more });

  beforeAll(async () => {
    for (const [path, text] of Object.entries(FILES)) await store.write(path, text);
  });

  describe.each(["bubustack", "native"] as const)("hydrate in a %s manager", (dialect) => {
    const manager = new StorageManager({ store, dialect });

    it.each<[string, unknown, unknown]>([
      ["by the path alone", ref("outputs/demo/step-1/output.json"), ROOT],
      ["as text", ref("outputs/demo/step-1/body.text.json", { $bubuStorageContentType: "text/plain" }), TEXT],
      [
        "with schema and version",
        ref("outputs/demo/step-1/items.0.json", {
          $bubuStorageContentType: "application/json",
          $bubuStorageSchema: "s",
          $bubuStorageSchemaVersion: "1",
        }),
        [1, 2.5, true],
      ],
      ["by a part of them", ref("outputs/demo/step-1/output.json", { $bubuStoragePath: "html" }), ROOT.html],
      ["by a part inside", ref("outputs/demo/step-1/nested.json", { $bubuStoragePath: "again[1]" }), 2.5],
      ["by a blank part", ref("outputs/demo/step-1/items.0.json", { $bubuStoragePath: "  " }), [1, 2.5, true]],
      ["with references inside", ref("inputs/demo/run/input.json"), { a: TEXT }],
      [
        "with dollars as they are",
        ref("outputs/demo/step-1/dollars.json"),
        { $$storageRef: "kept", $$bubuX: 1, $other: 2 },
      ],
    ])("%s", async (_, value, expected) => {
      await expect(manager.hydrate({ value })).resolves.toEqual({ value: expected });
      await expect(manager.hydrate(value)).resolves.toEqual(expected);
    });
  });

  it("leave keys of data alone in a bubustack manager, which knows no escapes", async () => {
    const value = { $$storageRef: "a", $$bubuX: [{ $$storageY: 1 }], $bubuX: 1 };
    await expect(new StorageManager({ store, dialect: "bubustack" }).hydrate(value)).resolves.toEqual(value);
  });
});

describe("what the bubustack dialect writes", () => {
  const dehydrate = async (value: unknown, options: object = {}, managerOptions: object = {}) => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, dialect: "bubustack", ...managerOptions });
    const dehydrated = await manager.dehydrate(value, { scope: "demo/step-1", ...options });
    const objects = [...(await objectsOf(store.inner))].map(([path, bytes]) => [path, bytes.toString()]);
    return { dehydrated, objects, store, manager };
  };
  const TEXT = longText("a");

  it("is one object a value, by its place in the payload, byte by byte as Go has it", async () => {
    const list = [TEXT.slice(0, 600), TEXT.slice(0, 600)];
    const { dehydrated, objects, manager } = await dehydrate({ body: { text: TEXT }, items: [1, list] });
    const ref = (path: string, contentType: string) => ({
      $bubuStorageRef: `outputs/demo/step-1/${path}.json`,
      $bubuStorageContentType: contentType,
    });
    expect(dehydrated).toEqual({
      body: { text: ref("body.text", "text/plain") },
      items: [1, ref("items.1", "application/json")],
    });
    expect(objects).toEqual([
      ["outputs/demo/step-1/body.text.json", `{"contentType":"raw","data":"${TEXT}"}`],
      ["outputs/demo/step-1/items.1.json", `{"contentType":"json","data":${JSON.stringify(list)}}`],
    ]);
    await expect(manager.hydrate(dehydrated)).resolves.toEqual({ body: { text: TEXT }, items: [1, list] });
  });

  it("is output.json for a payload that leaves whole", async () => {
    const value = { a: TEXT.slice(0, 700), b: TEXT.slice(0, 700) };
    const { dehydrated, objects } = await dehydrate(value);
    expect(JSON.stringify(dehydrated)).toBe(
      '{"$bubuStorageRef":"outputs/demo/step-1/output.json","$bubuStorageContentType":"application/json"}',
    );
    expect(objects).toEqual([
      ["outputs/demo/step-1/output.json", `{"contentType":"json","data":${JSON.stringify(value)}}`],
    ]);
  });

  it("is labelled as JSON in the store, also for a text", async () => {
    const { store } = await dehydrate({ text: TEXT });
    expect(store.calls.map(({ options }) => options.contentType)).toEqual(["application/json"]);
  });

  it("names schema and version in every reference", async () => {
    const { dehydrated } = await dehydrate({ text: TEXT }, { schema: "order", schemaVersion: "2" });
    expect(dehydrated).toEqual({
      text: {
        $bubuStorageRef: "outputs/demo/step-1/text.json",
        $bubuStorageContentType: "text/plain",
        $bubuStorageSchema: "order",
        $bubuStorageSchemaVersion: "2",
      },
    });
  });

  it("keeps apart keys that would make the same path", async () => {
    const value = {
      "a.b": longText("dot"),
      a: { b: longText("nested") },
      "a/b": longText("slash"),
      "a%2Fb": longText("percent"),
      "a\\b": longText("backslash"),
      "a\nb": longText("newline"),
      "": longText("empty"),
      "..": longText("dots"),
      "\ud800": longText("surrogate"),
      output: longText("output"),
    };
    const { dehydrated, objects, manager } = await dehydrate(value);
    expect(objects).toHaveLength(10);
    expect(objects.map(([path]) => path!.slice("outputs/demo/step-1/".length))).toEqual(
      expect.arrayContaining(["a%2Eb.json", "a.b.json", "a%2Fb.json", "a%252Fb.json", "a%0Ab.json", "output.json"]),
    );
    await expect(manager.hydrate(dehydrated)).resolves.toEqual(value);
  });

  it("has a path of its own for keys of any length and depth", async () => {
    const value = { ["k".repeat(2000)]: TEXT, ["k".repeat(2001)]: longText("b") };
    const { dehydrated, objects, manager } = await dehydrate(value);
    expect(objects).toHaveLength(2);
    await expect(manager.hydrate(dehydrated)).resolves.toEqual(value);
  });

  it("passes references on by default, and never escapes", async () => {
    const store = new MemoryStore();
    const native = await putJson(store, "native");
    const value = { go: { $bubuStorageRef: "outputs/s/a.json" }, native, $$bubuX: { $storageY: 1 } };
    const { dehydrated } = await dehydrate(value);
    expect(dehydrated).toEqual(value);
    const passed = await dehydrate(value, { references: "pass" });
    expect(passed.dehydrated).toEqual(value);
  });

  it("can reject references, and can't escape them", async () => {
    const { manager } = await dehydrate(1);
    const value = [{ $bubuStorageRef: "outputs/s/a.json" }];
    expect((await failureOf(manager.dehydrate(value, { references: "reject" }))).code).toBe("INVALID_REFERENCE");
    const error = await failureOf(manager.dehydrate(value, { references: "escape" }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("bubustack") });
    expect(() => new StorageManager({ dialect: "bubustack", references: "escape" })).toThrow(/references: .*bubustack/);
    expect(() => new StorageManager({ dialect: "bubustack", references: "reject" })).not.toThrow();
  });

  it("comes back in a native manager, bytes too", async () => {
    const value = { text: TEXT, bytes: Buffer.from("bytes"), list: [{ deep: { text: longText("b") } }] };
    const { dehydrated, store } = await dehydrate(value);
    expect((dehydrated as { bytes: unknown }).bytes).toEqual({
      $bubuStorageRef: "outputs/demo/step-1/bytes.bin",
      $bubuStorageContentType: "application/octet-stream",
    });
    const native = new StorageManager({ store });
    await expect(native.hydrate(dehydrated)).resolves.toEqual({ ...value, bytes: new Uint8Array(value.bytes) });
  });

  it("goes under inputPrefix for inputs, and is released with its scope", async () => {
    const { manager } = await dehydrate({ text: TEXT });
    await expect(manager.dehydrateInputs({ text: TEXT }, { scope: "demo/step-1" })).resolves.toMatchObject({
      text: { $bubuStorageRef: "inputs/demo/step-1/text.json" },
    });
    await expect(manager.release("demo")).resolves.toEqual({ deleted: 2 });
  });
});
