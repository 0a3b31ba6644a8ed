import { StateMachine } from "aws-local-stepfunctions";
import { StorageManager } from "../../src/index.js";
import { releaseHandler, withOffload, type LambdaOptions } from "../../src/adapters/lambda.js";
import { RecordingStore } from "../support/recording-store.js";
import { deliveries, digestOf, sizeOf, text } from "./payloads.js";

type Fields = Record<string, unknown>;
type Handler = (event: never) => Promise<unknown>;

const HISTORY_LIMIT = 262_144;
const arn = (name: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
const task = (name: string, more: object): object => ({ Type: "Task", Resource: arn(name), ...more });
const own = { "execution.$": "$$.Execution.Name" };
const RETRY = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 3 }];

const definition = {
  StartAt: "Receive",
  States: {
    Receive: task("receive", { Parameters: { ...own, "count.$": "$.count" }, Next: "IsNew" }),
    IsNew: {
      Type: "Choice",
      Choices: [
        {
          And: [
            { Variable: "$.status", StringEquals: "new" },
            { Variable: "$.order.total", NumericGreaterThan: 1 },
          ],
          Next: "Enrich",
        },
      ],
      Default: "Wrong",
    },
    Wrong: { Type: "Fail", Error: "Wrong" },
    Enrich: {
      Type: "Map",
      ItemsPath: "$.items",
      Parameters: { ...own, "item.$": "$$.Map.Item.Value", "deliveries.$": "$.order.deliveries" },
      Iterator: { StartAt: "EnrichOne", States: { EnrichOne: task("enrich", { Retry: RETRY, End: true }) } },
      ResultPath: "$.enriched",
      Next: "Both",
    },
    Both: {
      Type: "Parallel",
      Branches: [
        {
          StartAt: "Render",
          States: {
            Render: task("render", { Parameters: { ...own, "picked.$": "$.enriched[0].delivery" }, End: true }),
          },
        },
        {
          StartAt: "Approve",
          States: { Approve: task("approve", { Parameters: { ...own, "input.$": "$" }, End: true }) },
        },
      ],
      ResultPath: "$.branches",
      Next: "Charge",
    },
    Charge: task("charge", {
      Parameters: { ...own, "order.$": "$.order", "branches.$": "$.branches" },
      Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "Split" }],
      ResultPath: "$.charged",
      Next: "Split",
    }),
    Split: task("split", { Parameters: { ...own, "all.$": "$" }, ResultPath: "$.parts", Next: "Each" }),
    Each: {
      Type: "Map",
      ItemsPath: "$.parts",
      Iterator: { StartAt: "Weigh", States: { Weigh: task("weigh", { End: true }) } },
      ResultPath: "$.weights",
      Next: "Finish",
    },
    Finish: task("finish", { Parameters: { ...own, "all.$": "$" }, ResultPath: "$.summary", Next: "Release" }),
    Release: task("release", { Parameters: own, ResultPath: "$.released", End: true }),
  },
} as unknown as ConstructorParameters<typeof StateMachine>[0];

/** The functions of the state machine. Some fail at first, one always. */
function functions(): Record<string, [Handler, Partial<LambdaOptions>?]> {
  let failures = 2;
  return {
    receive: [
      async ({ count }: { count: number }) =>
        Promise.resolve({
          status: "new",
          order: { total: 7, documents: [text(10, "a"), text(5_000_000, "b")], deliveries: deliveries.slice(0, 60) },
          items: Array.from({ length: count }, (_, id) => ({ id, name: `item ${id}` })),
        }),
      { keep: ["status", "items"] },
    ],
    enrich: [
      async ({ item, deliveries: all }: { item: { id: number }; deliveries: unknown[] }) => {
        if (failures-- > 0) return Promise.reject(new Error("for now"));
        return Promise.resolve({ ...item, delivery: all[item.id], more: text(300_000, `${item.id}`) });
      },
    ],
    render: [async ({ picked }: Fields) => Promise.resolve(`${digestOf(picked)} `.repeat(20_000))],
    approve: [
      async ({ input }: { input: Fields }) =>
        Promise.resolve({ approved: true, order: input["order"], items: input["items"] }),
      { hydrate: ["items"] },
    ],
    charge: [async () => Promise.reject(new Error("no money"))],
    split: [
      async ({ all }: { all: { enriched: unknown[] } }) => Promise.resolve([...all.enriched, text(250_000, "s"), 1]),
    ],
    weigh: [async (part: unknown) => Promise.resolve({ digest: digestOf(part), size: sizeOf(part) })],
    finish: [
      async ({ all }: { all: Fields & { failure: { Error: string } } }) =>
        Promise.resolve({
          digests: Object.fromEntries(
            Object.entries(all)
              .filter(([key]) => key !== "failure")
              .map(([key, value]) => [key, digestOf(value)]),
          ),
          keys: Object.keys(all),
          weights: all["weights"],
        }),
    ],
  };
}

/** Runs the state machine. Gives its output, and the size of what each state was given and gave. */
async function run(handlers: Record<string, (event: unknown) => Promise<unknown>>) {
  const machine = new StateMachine(definition);
  const names = { Receive: "receive", EnrichOne: "enrich", Render: "render", Approve: "approve", Charge: "charge" };
  const states = { ...names, Split: "split", Weigh: "weigh", Finish: "finish", Release: "release" };
  const local = Object.entries(states).map(([state, name]) => [
    state,
    async (input: unknown) => {
      // As Lambda does it.
      const result = await handlers[name]!(JSON.parse(JSON.stringify(input)));
      return JSON.parse(JSON.stringify(result ?? null)) as unknown;
    },
  ]);
  const execution = machine.run(
    { count: 4 },
    {
      context: { Execution: { Name: "run-1" } },
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(local) as Record<string, never>,
        retryIntervalOverrides: { EnrichOne: 0 },
      },
    },
  );
  const sizes: number[] = [];
  const reading = (async () => {
    for await (const event of execution.eventLogs) {
      if ("state" in event) sizes.push(sizeOf(event.state.input), sizeOf(event.state.output));
    }
  })();
  const output = (await execution.result) as Fields;
  await reading;
  return { output, largest: Math.max(...sizes), states: sizes.length / 2 };
}

describe("a state machine of Step Functions", () => {
  it("gives what it gives without us, within 256 KiB at each state, and leaves nothing", async () => {
    const plain = Object.fromEntries(
      Object.entries(functions()).map(([name, [handler]]) => [name, async (event: unknown) => handler(event as never)]),
    );
    const expected = await run({ ...plain, release: async () => Promise.resolve(null) });
    expect(expected.largest).toBeGreaterThan(20 * HISTORY_LIMIT);

    const store = new RecordingStore();
    const manager = new StorageManager({ store, readCache: { maxBytes: 64 * 1024 ** 2 } });
    const context = { awsRequestId: "request" };
    const wrapped = Object.entries(functions()).map(([name, [handler, options]]) => {
      const lambda = withOffload({ manager, over: 20_000, ...options }, handler);
      return [name, async (event: unknown) => lambda(event, context)] as const;
    });
    let objects = 0;
    const release = async (event: unknown) => {
      for await (const { path } of manager.list("outputs/run-1/")) objects += path === "" ? 0 : 1;
      return releaseHandler({ manager })(event);
    };
    const found = await run({ ...Object.fromEntries(wrapped), release });

    expect(found.largest).toBeLessThan(HISTORY_LIMIT);
    expect((found.output["summary"] as Fields)["weights"]).toEqual((expected.output["summary"] as Fields)["weights"]);
    expect(found.output["summary"]).toEqual(expected.output["summary"]);
    expect(objects).toBe(new Set(store.paths("write")).size);
    expect(objects).toBe(11);
    // Nine functions, seventeen calls, two of them again: what one process has read it keeps, unless others wrote meanwhile.
    expect(store.paths("read").length).toBeLessThan(2 * objects);
    const left = [];
    for await (const { path } of manager.list("")) left.push(path);
    expect(left).toEqual([]);
  });
});
