import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { MemoryStore, StorageManager, withRetry } from "../../../src/index.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";

async function* generated(): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (const part of ["one", "two", "three"]) yield Buffer.from(part);
}

const sources: [string, () => AsyncIterable<Uint8Array>][] = [
  ["an async generator", generated],
  ["a Readable", () => Readable.from(generated())],
  ["a file", () => createReadStream("package.json")],
  ["a web stream", () => Readable.toWeb(Readable.from(generated())) as never],
];

const bytesOf = async (manager: StorageManager, ticket: unknown) =>
  Buffer.from((await manager.hydrate<{ body: Uint8Array }>(ticket)).body).toString();

describe.each(sources)("%s", (_, open) => {
  it("that two calls were given is read by one of them, whole, and refused by the other", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const whole = await bytesOf(manager, await manager.dehydrate({ body: open() }));
    const body = open();
    const outcomes = await Promise.allSettled([manager.dehydrate({ body }), manager.dehydrate({ body })]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    const [first, second] = outcomes as [PromiseFulfilledResult<unknown>, PromiseRejectedResult];
    expect(await bytesOf(manager, first.value)).toBe(whole);
    expect(second.reason).toMatchObject({ code: "UNEXPECTED" });
  });

  it("is not read again as if it were empty", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const body = open();
    await manager.writeBlob("outputs/a", body);
    expect((await failureOf(manager.writeBlob("outputs/b", body))).code).toBe("UNEXPECTED");
    expect((await failureOf(manager.dehydrate({ body }))).code).toBe("UNEXPECTED");
  });

  it("is written by the next attempt, where none has asked for anything", async () => {
    const faults = [{ on: "write" as const, times: 1, fault: { error: "UNAVAILABLE" as const } }];
    const store = withRetry(new FaultStore(new MemoryStore(), { faults }), { baseDelay: 0 });
    await store.write("a", open());
    expect((await store.stat("a"))?.size).toBeGreaterThan(10);
  });
});

it("What can be read from its beginning again is read by each call", async () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  const body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: generated };
  const tickets = await Promise.all([manager.dehydrate({ body }), manager.dehydrate({ body })]);
  for (const ticket of tickets) expect(await bytesOf(manager, ticket)).toBe("onetwothree");
});
