import { MemoryStore, StorageManager, type ObjectInfo, type ReadResult, type Store } from "../../src/index.js";
import { failureOf } from "../support/failure.js";

function resultOf(bytes: unknown, info: ObjectInfo): ReadResult {
  return {
    info,
    bytes: () => Promise.resolve(bytes as Uint8Array),
    cancel: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(bytes as Uint8Array);
    },
  };
}

/** A manager over a store whose reads give what `answer` makes of the body. */
async function lying(answer: (bytes: Uint8Array, info: ObjectInfo) => unknown) {
  const store: Store = new MemoryStore();
  const manager = new StorageManager({ store });
  const reference = await manager.dehydrate(Buffer.from("some bytes"));
  await manager.writeBlob("outputs/a", "some bytes");
  const read = store.read.bind(store);
  store.read = async (path, options) => {
    const { info, ...body } = await read(path, options);
    return answer(await body.bytes(), info) as ReadResult;
  };
  return { manager, reference: reference as never };
}

describe("the body that a store gives", () => {
  it.each<[string, (bytes: Uint8Array, info: ObjectInfo) => unknown, string]>([
    ["nothing", () => undefined, "UNEXPECTED"],
    ["null", () => null, "UNEXPECTED"],
    ["a text", () => "some bytes", "UNEXPECTED"],
    ["a text as its bytes", (_, info) => resultOf("some bytes", info), "UNEXPECTED"],
    ["fewer bytes", (bytes, info) => resultOf(bytes.subarray(1), info), "INTEGRITY"],
    ["more bytes", (bytes, info) => resultOf(Buffer.concat([bytes, bytes]), info), "INTEGRITY"],
  ])("is %s: readBlob and open say so", async (_, answer, code) => {
    const { manager, reference } = await lying(answer);
    expect(await failureOf(manager.readBlob("outputs/a"))).toMatchObject({ code, path: "outputs/a" });
    const opened = manager.open(reference).then((result) => result.bytes());
    expect((await failureOf(opened)).code).toMatch(/^(UNEXPECTED|INTEGRITY)$/);
  });

  it("is a part where a part was asked for", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    await manager.writeBlob("outputs/a", "some bytes");
    expect(Buffer.from(await manager.readBlob("outputs/a", { offset: 5 })).toString()).toBe("bytes");
    expect(Buffer.from(await manager.readBlob("outputs/a", { length: 4 })).toString()).toBe("some");
  });
});

it("A listing without end, which waits for nothing, does not stop the clock of a call", async () => {
  const store = new MemoryStore();
  // eslint-disable-next-line @typescript-eslint/require-await -- it answers at once
  store.list = async function* (prefix) {
    for (let number = 0; ; number++) yield { path: `${prefix}${number}`, size: 1 };
  };
  const manager = new StorageManager({ store, timeout: 50 });
  expect((await failureOf(manager.release("run-7"))).code).toBe("TIMEOUT");
});
