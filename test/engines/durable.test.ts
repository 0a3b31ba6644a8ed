import { withDurableExecution, type DurableContext } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner, WaitingOperationStatus } from "@aws/durable-execution-sdk-js-testing";
import { openValue, packValue, StorageManager } from "../../src/index.js";
import { durableHandler, durableRelease } from "../../src/adapters/durable.js";
import { RecordingStore } from "../support/recording-store.js";
import { deliveries, digestOf, sizeOf, text } from "./payloads.js";

type Fields = Record<string, unknown>;
type Run = (event: Fields, context: DurableContext) => Promise<unknown>;

const CHECKPOINT_LIMIT = 262_144;

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

function setUp(store = new RecordingStore()) {
  const manager = new StorageManager({ store, readCache: { maxBytes: 64 * 1024 ** 2 } });
  const left = async (prefix = ""): Promise<string[]> => {
    const paths = [];
    for await (const { path } of manager.list(prefix)) paths.push(path);
    return paths;
  };
  return { store, manager, left };
}

/** Five steps: with retries, a wait (and so a replay), a callback, a child, a map, and a failure that is caught. */
function workflow(ran: string[]): Run {
  let failures = 2;
  return async (event, context) => {
    const step = async <T>(name: string, run: () => T): Promise<T> =>
      context.step(name, async () => {
        ran.push(name);
        return Promise.resolve(run());
      });
    const received = await step("receive", () => ({
      at: new Date(0),
      deliveries: deliveries.slice(0, 60),
      id: event["id"],
    }));
    await context.wait({ seconds: 60 });
    const large = await context.step(
      "flaky",
      async () => {
        if (failures-- > 0) return Promise.reject(new Error("for now"));
        ran.push("flaky");
        return Promise.resolve({ small: text(10, "a"), large: text(5_000_000, "b"), event });
      },
      { retryStrategy: (_, attempt) => ({ shouldRetry: attempt < 4, delay: { seconds: 1 } }) },
    );
    const child = await context.runInChildContext("child", async (inner) => {
      ran.push("child");
      const parts = await inner.step("parts", async () => Promise.resolve(deliveries.slice(60, 90)));
      return { parts, all: text(400_000, "c") };
    });
    const answer = await context.waitForCallback("answer", async () => Promise.resolve());
    const mapped = await context.map("map", [1, 2, 3], async (inner, item) =>
      inner.step("item", async () => Promise.resolve(text(100_000 * item, `${item}`))),
    );
    let failure = "";
    try {
      await context.step("fails", async () => Promise.reject(new Error("no money")), {
        retryStrategy: () => ({ shouldRetry: false }),
      });
    } catch (error) {
      failure = (error as Error).message;
    }
    await context.wait({ seconds: 60 });
    const all = [received, large, child, answer, mapped.getResults(), failure];
    return { digests: all.map(digestOf), all: [received, child], bytes: sizeOf(all) };
  };
}

async function execute(handler: ReturnType<typeof withDurableExecution>, payload: unknown, answer: string) {
  const runner = new LocalDurableTestRunner({ handlerFunction: handler });
  const running = runner.run({ payload });
  const callback = runner.getOperation("answer");
  await callback.waitForData(WaitingOperationStatus.SUBMITTED);
  await callback.sendCallbackSuccess(answer);
  const execution = await running;
  return { execution, result: execution.getResult(), invocations: execution.getInvocations().length };
}

/** The largest text that the engine keeps. */
function largestText(execution: { getHistoryEvents(): unknown[] }): number {
  return Math.max(...execution.getHistoryEvents().map(sizeOf));
}

describe("a durable function", () => {
  it("gives what it gives without us, keeps little, runs children once, reads each object once, and ends", async () => {
    const plainRan: string[] = [];
    const event = { id: 7, note: text(400_000, "n") };
    const expected = await execute(withDurableExecution(workflow(plainRan)), event, "yes");

    const { store, manager, left } = setUp();
    const ran: string[] = [];
    const options = { manager };
    const handler = withDurableExecution(durableHandler(options, workflow(ran)), {
      plugins: [durableRelease(options)],
    });
    const packed = await packValue(manager, event, { scope: "callers" });
    const found = await execute(
      handler,
      packed,
      JSON.stringify(await packValue(manager, text(300_000, "yes"), { scope: "callers" })),
    );
    expect(found.execution.getStatus()).toBe("SUCCEEDED");

    const result = await openValue<Fields>(manager, found.result);
    const other = await execute(withDurableExecution(workflow([])), event, text(300_000, "yes"));
    expect(result).toEqual(other.result);
    expect(result["all"]).toEqual((expected.result as Fields)["all"]);
    expect(largestText(found.execution)).toBeLessThan(CHECKPOINT_LIMIT);
    expect(largestText(expected.execution)).toBeGreaterThan(5_000_000);

    // Without us the text of a large child is not kept: it runs again in every later invocation.
    expect(plainRan.filter((name) => name === "child").length).toBeGreaterThan(1);
    expect(ran).toEqual(["receive", "flaky", "child"]);
    expect(found.invocations).toBeGreaterThan(1); // how many waits share one is up to its runner

    const read = store.calls
      .filter(({ operation }) => operation === "read")
      .map(({ path, options: range }) => JSON.stringify([path, range]));
    expect(new Set(read).size).toBe(read.length);
    const paths = await left();
    expect(paths.every((path) => /^outputs\/(durable-results|callers)\//.test(path))).toBe(true);
    expect(new Set(store.paths("write").map((path) => path.split("/")[1]))).toEqual(
      new Set(["callers", "durable", "durable-results"]),
    );
    expect(read.length).toBeLessThanOrEqual(12); // of five steps with 97 deliveries, in four invocations
  });
});
