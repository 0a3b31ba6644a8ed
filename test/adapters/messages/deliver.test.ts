import { MemoryStore, StorageError, StorageManager } from "../../../src/index.js";
import { deliver, type Delivery } from "../../../src/adapters/messages/handlers/deliver.js";
import { MessageError, MessageOffloader, rules } from "../../../src/adapters/messages.js";
import { FakeClock } from "../../../src/testing/index.js";

/** A delivery that writes down what is done. */
function setUp(parts: Partial<Delivery<string>> = {}, missing: "ack" | "reject" = "reject") {
  const manager = new StorageManager({ store: new MemoryStore() });
  const options = { manager, channel: "orders", retention: "settle" as const, missing };
  const offloader = new MessageOffloader({ ...options, rules: rules.sqs });
  const log: string[] = [];
  const note = (line: string) => Promise.resolve(void log.push(line));
  const delivery = {
    open: () => Promise.resolve("opened"),
    handle: (opened: string) => note(`handle ${opened}`),
    acknowledge: () => note("acknowledge"),
    settle: () => note("settle"),
    fail: (error: unknown, why: string) => note(`fail ${(error as Error).message} ${why}`),
    ...parts,
  };
  return { log, work: () => deliver(offloader, delivery) };
}

const failure = (code: "NOT_FOUND" | "TIMEOUT") =>
  new MessageError(new StorageError(code, code, { retryable: code === "TIMEOUT" }));

it("settles after the acknowledgement, and nothing when it may come again", async () => {
  const done = setUp();
  await done.work();
  expect(done.log).toEqual(["handle opened", "acknowledge", "settle"]);
  const again = setUp({ acknowledge: () => Promise.resolve(false) });
  await again.work();
  expect(again.log).toEqual(["handle opened"]);
  const gone = setUp({ acknowledge: () => Promise.reject(new Error("closed")) });
  await expect(gone.work()).rejects.toThrow("closed");
  expect(gone.log).toEqual(["handle opened"]);
});

it("tells poison from what may open later, and handles neither", async () => {
  const poison = setUp({ open: () => Promise.reject(failure("NOT_FOUND")) });
  await poison.work();
  const slow = setUp({ open: () => Promise.reject(failure("TIMEOUT")) });
  await slow.work();
  expect([poison.log, slow.log]).toEqual([["fail NOT_FOUND reject"], ["fail TIMEOUT retry"]]);
});

it("does not make its message poison, whatever it fails with", async () => {
  for (const error of [new Error("handler"), failure("NOT_FOUND")]) {
    for (const missing of ["reject", "ack"] as const) {
      const { log, work } = setUp({ handle: () => Promise.reject(error) }, missing);
      await work();
      expect(log).toEqual([`fail ${error.message} handler`]);
    }
  }
});

it("acknowledges what was processed before, without its handler", async () => {
  const { log, work } = setUp({ open: () => Promise.reject(failure("NOT_FOUND")) }, "ack");
  await work();
  expect(log).toEqual(["acknowledge", "settle"]);
});

it("keeps the hold on a message until its handler is done", async () => {
  const clock = new FakeClock();
  let held = 0;
  let done = (): void => undefined;
  const handle = () => new Promise<void>((resolve) => (done = resolve));
  const act = () => Promise.resolve(++held);
  const { log, work } = setUp({ handle, hold: { every: 10, act, clock } });
  const working = work();
  await clock.advance(25);
  expect(held).toBe(2);
  done();
  await working;
  await clock.advance(100);
  expect([held, log]).toEqual([2, ["acknowledge", "settle"]]);
});
