import { createHash } from "node:crypto";
import fc from "fast-check";
import { StorageManager, type BubustackReference } from "../../../src/index.js";
import { BubustackLayout } from "../../../src/plan/layouts/bubustack-layout.js";
import { pathProblem } from "../../../src/paths/path.js";
import { key } from "../payload-arbitrary.js";
import { planOf } from "../plan-model.js";
import { RecordingStore } from "../recording-store.js";

const big = "x".repeat(2000);

async function dehydrate(payload: unknown, options: object = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, dialect: "bubustack" });
  const value = await manager.dehydrate(payload, { scope: "run-1/step", ...options });
  return { value, objects: await store.objects(), manager, store };
}

const nameOf = (...path: (string | number)[]): string => {
  const layout = new BubustackLayout({ prefix: "p", scope: "s", directory: "s", pack: false, encodings: [] });
  const [entry] = planOf(big).entries;
  return layout.objectPath(Object.assign(entry!, { path })).replace(/^p\/s\//, "");
};

describe("The bubustack layout", () => {
  it("puts the whole payload at output.json", async () => {
    const { value, objects } = await dehydrate(big);
    expect([...objects]).toEqual([["outputs/run-1/step/output.json", `{"contentType":"raw","data":"${big}"}`]]);
    expect(JSON.stringify(value)).toBe(
      '{"$bubuStorageRef":"outputs/run-1/step/output.json","$bubuStorageContentType":"text/plain"}',
    );
  });

  it("puts a part at its place in the payload, keys and indexes joined by dots", async () => {
    const list = Array.from({ length: 400 }, (_, index) => index);
    const { value, objects } = await dehydrate({ items: [0, { body: big, list }] });
    expect([...objects]).toEqual([
      ["outputs/run-1/step/items.1.body.json", `{"contentType":"raw","data":"${big}"}`],
      ["outputs/run-1/step/items.1.list.json", `{"contentType":"json","data":${JSON.stringify(list)}}`],
    ]);
    expect(value).toEqual({
      items: [
        0,
        {
          body: {
            $bubuStorageRef: "outputs/run-1/step/items.1.body.json",
            $bubuStorageContentType: "text/plain",
          },
          list: {
            $bubuStorageRef: "outputs/run-1/step/items.1.list.json",
            $bubuStorageContentType: "application/json",
          },
        },
      ],
    });
  });

  it("stores bytes as they are, in a .bin", async () => {
    const { objects, manager, value } = await dehydrate({ "a b": Buffer.from("bytes") });
    expect([...objects]).toEqual([["outputs/run-1/step/a b.bin", "bytes"]]);
    expect(await manager.hydrate(value)).toEqual({ "a b": new Uint8Array(Buffer.from("bytes")) });
  });

  it("says the schema in references, and in the object of a whole payload", async () => {
    const tag = { schema: "order", schemaVersion: "2" };
    const part = await dehydrate([big], tag);
    expect(JSON.stringify(part.value)).toBe(
      '[{"$bubuStorageRef":"outputs/run-1/step/0.json","$bubuStorageContentType":"text/plain",' +
        '"$bubuStorageSchema":"order","$bubuStorageSchemaVersion":"2"}]',
    );
    expect([...part.objects.values()]).toEqual([`{"contentType":"raw","data":"${big}"}`]);
    const whole = await dehydrate(big, tag);
    expect([...whole.objects.values()]).toEqual([
      `{"contentType":"raw","schema":"order","schemaVersion":"2","data":"${big}"}`,
    ]);
  });

  it.each<[(string | number)[], string]>([
    [["a.b"], "a%2Eb.json"],
    [["a", "b"], "a.b.json"],
    [["a/b"], "a%2Fb.json"],
    [["a\\b"], "a%5Cb.json"],
    [["100%"], "100%25.json"],
    [["%2E"], "%252E.json"],
    [["a\0\n\u007f\u0085"], "a%00%0A%7F%C2%85.json"],
    [["é 😀 $[\"'"], "é 😀 $[\"'.json"],
    [["\ud800", "\udfff"], "%ud800.%udfff.json"],
    [[".."], "%2E%2E.json"],
    [[""], ".json"],
    [["", ""], "..json"],
    [[], "output.json"],
    [[0, 10], "0.10.json"],
  ])("names %j %j", (path, name) => {
    expect(nameOf(...path)).toBe(name);
  });

  it("keeps {a.b} beside {a: {b}}", async () => {
    const { objects, value, manager } = await dehydrate({ "a.b": big, a: { b: `${big}!` }, "a%2Eb": `${big}?` });
    expect(objects.size).toBe(3);
    expect(await manager.hydrate(value)).toEqual({ "a.b": big, a: { b: `${big}!` }, "a%2Eb": `${big}?` });
  });

  it("gives two places of a payload two names, all of them valid paths", () => {
    const path = fc.array(fc.oneof(key, fc.constantFrom(".", "..", "%", "%2E", "/", "%ud800", "x".repeat(600))), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(nameOf(...a) === nameOf(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
        expect(pathProblem(`p/s/${nameOf(...a)}`)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("names by digest what would be too long for a path, which no key can be named like", async () => {
    const room = 1024 - "outputs/run-1/step/.json".length;
    const long = "k".repeat(room + 1);
    const digest = createHash("sha256").update(long).digest("hex");
    const payload = { ["k".repeat(room)]: big, [long]: `${big}!`, [digest]: `${big}?`, [`%sha256-${digest}`]: big };
    const { objects, value, manager } = await dehydrate(payload);
    expect([...objects.keys()].map((path) => path.replace("outputs/run-1/step/", "")).sort()).toEqual(
      [`${"k".repeat(room)}.json`, `%sha256-${digest}.json`, `${digest}.json`, `%25sha256-${digest}.json`].sort(),
    );
    expect(await manager.hydrate(value)).toEqual(payload);
  });

  it("counts the bytes of a name, not its characters", () => {
    expect(nameOf("é".repeat(507))).toBe(`${"é".repeat(507)}.json`);
    expect(nameOf("é".repeat(508))).toMatch(/^%sha256-[0-9a-f]{64}\.json$/);
  });

  it("knows the size of every reference beforehand", () => {
    for (const tag of [{}, { schema: "é", schemaVersion: "1" }]) {
      const layout = new BubustackLayout({
        prefix: "p",
        scope: "s",
        directory: "s",
        pack: false,
        encodings: [],
        ...tag,
      });
      for (const entry of planOf({ "é.a": big, list: [Buffer.alloc(2)], c: { [big]: big } }).entries) {
        const planned = layout.referenceSize(entry);
        const slot = Object.assign(entry.slot, { reference: undefined });
        layout.fillSlot(entry, { path: layout.objectPath(entry) });
        expect(Buffer.byteLength(JSON.stringify(slot))).toBe(planned);
      }
    }
  });

  it("is read by a native manager too", async () => {
    const { value, store } = await dehydrate({ a: [big], b: { c: big } });
    const native = new StorageManager({ store });
    expect(await native.hydrate(JSON.parse(JSON.stringify(value)))).toEqual({ a: [big], b: { c: big } });
    expect((value as { a: [BubustackReference] }).a[0].$bubuStorageRef).toBe("outputs/run-1/step/a.0.json");
  });
});
