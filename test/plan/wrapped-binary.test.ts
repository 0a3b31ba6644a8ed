import { Readable } from "node:stream";
import { binary, MemoryStore, StorageManager, type BinaryBody, type StorageReference } from "../../src/index.js";
import { Binary } from "../../src/plan/source.js";
import { failureOf } from "../support/failure.js";

const newManager = (): StorageManager => new StorageManager({ store: new MemoryStore() });

const bytes = Buffer.from("a,b\n");

async function dehydrated(value: unknown): Promise<StorageReference> {
  return (await newManager().dehydrate(value)) as StorageReference;
}

describe("binary", () => {
  it.each<[string, () => BinaryBody]>([
    ["a Uint8Array", () => new Uint8Array(bytes)],
    ["an ArrayBuffer", () => new Uint8Array(bytes).buffer],
    ["a DataView", () => new DataView(new Uint8Array(bytes).buffer)],
    ["a string", () => "a,b\n"],
    ["a Blob", () => new Blob([bytes])],
    ["a stream of Node", () => Readable.from([bytes])],
    ["a web stream", () => new Blob([bytes]).stream()],
  ])("stores %s with its type and name", async (_, body) => {
    const manager = newManager();
    const value = { report: binary(body(), { contentType: "text/csv", filename: "r.csv" }) };
    const message = (await manager.dehydrate(value)) as { report: StorageReference };
    expect(message.report.$storageContentType).toBe('text/csv; name="r.csv"');
    expect(await manager.hydrate(message)).toEqual({ report: new Uint8Array(bytes) });
  });

  it("stores a text of which nothing is said as bytes of which nothing is known", async () => {
    const message = (await newManager().dehydrate(binary("a,b\n"))) as StorageReference;
    expect(message.$storageContentType).toBe("application/octet-stream");
    expect((await dehydrated(binary("a,b\n", { filename: "r.csv" }))).$storageContentType).toBe(
      'application/octet-stream; name="r.csv"',
    );
  });

  it("is planned as what it wraps, and not read", () => {
    const stream = Readable.from([bytes]);
    const { entries } = newManager().plan([binary(stream), binary(bytes)]);
    expect(entries.map(({ kind, size, path }) => ({ kind, size, path }))).toEqual([
      { kind: "binary", size: 0, path: [0] },
      { kind: "binary", size: 4, path: [1] },
    ]);
    expect(stream.readableDidRead).toBe(false);
  });

  it("takes the type and the name of a File", async () => {
    const file = new File([bytes], "ü.csv", { type: "text/csv" });
    expect((await dehydrated(binary(file))).$storageContentType).toBe("text/csv; name*=UTF-8''%C3%BC.csv");
    expect((await dehydrated(binary(file, { filename: "b" }))).$storageContentType).toBe('text/csv; name="b"');
    expect((await dehydrated(binary(file, { contentType: "a/b" }))).$storageContentType).toBe(
      "a/b; name*=UTF-8''%C3%BC.csv",
    );
    expect((await dehydrated(file)).$storageContentType).toBe("text/csv");
  });

  it("leaves out of a File what no reference can carry", async () => {
    const file = (name: string): File => new File([bytes], name, { type: "no type" });
    for (const name of ["", "a\nb", "ü".repeat(400)]) {
      expect((await dehydrated(binary(file(name)))).$storageContentType).toBe("application/octet-stream");
    }
  });

  it("is application/octet-stream when nothing is said", async () => {
    expect((await dehydrated(binary(bytes))).$storageContentType).toBe("application/octet-stream");
  });

  it("may be JSON or text, which stay bytes", async () => {
    const manager = newManager();
    for (const contentType of ["application/json", "text/plain"]) {
      const reference = await manager.dehydrate(binary(bytes, { contentType }));
      expect(await manager.hydrate(reference)).toEqual(new Uint8Array(bytes));
    }
  });

  it.each<[string, unknown, unknown]>([
    ["contentType", bytes, { contentType: "csv" }],
    ["contentType", bytes, { contentType: "a/b\r\nc: d" }],
    ["contentType", bytes, { contentType: 7 }],
    ["filename", bytes, { filename: "" }],
    ["filename", bytes, { filename: "a\u0000" }],
    ["filename", bytes, { filename: "\ud800" }],
    ["filename", bytes, { filename: "ü".repeat(400) }],
    ["filename", bytes, { filename: "a", contentType: 'a/b; c="d' }],
    ["name", bytes, { name: "a" }],
    ["options", bytes, null],
    ["body", { a: 1 }, {}],
    ["body", undefined, {}],
    ["body", 7, {}],
  ])("refuses a wrong %s: %p, %p", async (field, body, options) => {
    const error = await failureOf(Promise.resolve().then(() => binary(body as Uint8Array, options as object)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(field) as string });
  });

  it("refuses bytes whose memory was transferred, before and after they were wrapped", async () => {
    const gone = new Uint8Array(bytes);
    const wrapped = binary(gone);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(await failureOf(newManager().dehydrate([wrapped]))).toMatchObject({
      code: "UNSERIALIZABLE",
      message: expect.stringContaining("$[0]") as string,
    });
    expect(() => binary(gone)).toThrow("transferred");
  });

  it("ends a wrapped stream when the call fails, also beyond what is wrong", async () => {
    const stream = Readable.from([bytes]);
    await failureOf(newManager().dehydrate({ wrong: 1n, stream: binary(stream) }));
    expect(stream.destroyed).toBe(true);
  });

  it("knows what the other build of the package wrapped", async () => {
    let Other!: typeof Binary;
    await jest.isolateModulesAsync(async () => {
      ({ Binary: Other } = await import("../../src/plan/source.js"));
    });
    expect(Other).not.toBe(Binary);
    const other: unknown = new Other(bytes, "text/csv");
    expect((await dehydrated(other)).$storageContentType).toBe("text/csv");
  });
});
