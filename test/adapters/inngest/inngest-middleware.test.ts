import { InngestTestEngine } from "@inngest/test";
import { Inngest } from "inngest";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { inngestMiddleware, type InngestMiddlewareOptions } from "../../../src/adapters/inngest.js";
import { FaultStore } from "../../../src/testing/index.js";
import { webhookDeliveries } from "../../support/webhook-deliveries.js";
import { pathsIn } from "../messages/messages.js";
import { setUp } from "../temporal/temporal.js";
import { runOn } from "./step-server.js";

const sizes = [10, 2000, 100_000, 1_000_000, 5_000_000];
const text = (bytes: number) => "abcdefghij".repeat(bytes / 10);
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function client(manager?: StorageManager, options: Partial<InngestMiddlewareOptions> = {}, fetched?: typeof fetch) {
  const middleware = manager === undefined ? [] : [inngestMiddleware({ manager, ...options })];
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  return new Inngest({ id: "app", isDev: true, middleware, logger: quiet, ...(fetched && { fetch: fetched }) });
}

/** Five steps of 10 B to 5 MB, of which one fails at first, and a function that is invoked. */
function order(inngest: Inngest.Any, seen: unknown[] = []) {
  const invoked = inngest.createFunction({ id: "ship", triggers: [{ event: "ship" }] }, ({ event }) => event.data);
  let failures = 1;
  const fn = inngest.createFunction(
    { id: "order", triggers: [{ event: "order" }] },
    async ({ event, events, step }) => {
      seen.push(event.data, events[0].data);
      const results: unknown[] = [];
      for (const [index, size] of sizes.entries()) {
        results.push(
          await step.run(`step ${index}`, () => {
            if (index === 3 && failures-- > 0) throw new Error("at first");
            return { index, text: text(size) };
          }),
        );
      }
      results.push(await step.invoke("ship", { function: invoked, data: { delivery: event.data } }));
      return { results };
    },
  );
  return { fn, invoked };
}

const event = {
  name: "order",
  id: "evt",
  ts: 1,
  data: { orderId: 7, delivery: webhookDeliveries(1)[0], note: text(300_000) },
};

beforeAll(() => {
  // jest lets nobody import node:async_hooks late, which Inngest warns of.
  jest.spyOn(console, "warn").mockImplementation(() => undefined);
});

it("gives a run of five steps, a retry and an invoked function the results that it has without, in little state", async () => {
  const { manager, store, asked } = setUp({ readCache: { maxBytes: 64_000_000 } });
  const plain = client();
  const without = await runOn(plain, order(plain).fn, event, (data) => Promise.resolve(data));
  const inngest = client(manager);
  const seen: unknown[] = [];
  const { fn } = order(inngest, seen);
  const sent = await new (inngestMiddleware({ manager }))({ client: inngest }).transformSendEvent!({
    events: [event],
    fn: null,
  });
  const run = await runOn(inngest, fn, sent.events[0]!, (data) => Promise.resolve(data));
  expect([run.status, without.status, run.requests]).toEqual([200, 200, without.requests]);
  for (const data of seen) expect(data).toEqual(event.data);
  expect(bytesOf([...run.state.values()])).toBeLessThan(8000);
  expect(bytesOf([...without.state.values()])).toBeGreaterThan(6_000_000);
  expect(bytesOf(run.output)).toBeLessThan(65_536);
  const opened = await new (inngestMiddleware({ manager }))({ client: inngest }).wrapStep!({
    next: () => Promise.resolve(run.output),
    stepInfo: {},
  } as never);
  expect(opened).toEqual(without.output);
  // Three steps, the event, what was invoked, and the parts of the result.
  const written = await pathsIn(store);
  expect(written.filter((path) => path.startsWith("outputs/inngest/run-1/"))).toHaveLength(3);
  // Every request asks for each earlier step: each object is read once all the same.
  expect(asked("read")).toBeLessThanOrEqual(written.length);
  for (const scope of ["inngest/run-1", "inngest/results/run-1", "inngest/events"]) await manager.release(scope);
  expect(await pathsIn(store)).toEqual([]);
});

it("keeps what expressions look at in the data of an event, and what fits as it is", async () => {
  const { manager, store } = setUp();
  const requests: { name: string; data: Record<string, unknown> }[][] = [];
  const fetched = ((_url: unknown, { body }: { body: string }) => {
    requests.push(JSON.parse(body) as (typeof requests)[number]);
    return Promise.resolve(Response.json({ status: 200, ids: ["1"] }));
  }) as typeof fetch;
  const inngest = client(manager, { keep: ["tenant", "absent"], over: 1000, ttl: 86_400_000 }, fetched);
  const small = { name: "small", data: { a: 1 } };
  const tenant = { id: "t".repeat(700) };
  await inngest.send([small, { name: "none" }, { name: "large", id: "e/1", data: { tenant, text: text(5000) } }]);
  const [first, none, large] = requests[0]!;
  expect([first!.data, none!.data]).toEqual([{ a: 1 }, {}]);
  expect(large!.data["tenant"]).toEqual(tenant);
  expect(bytesOf(large!.data)).toBeLessThanOrEqual(2048);
  expect((await pathsIn(store)).every((path) => /^outputs\/inngest\/events\/e%2F1\/@/.test(path))).toBe(true);
  const fn = inngest.createFunction({ id: "f", triggers: [{ event: "large" }] }, (given) => given.event.data);
  const run = await runOn(inngest, fn, large!);
  expect(run.status).toBe(200);
});

it("opens the event of a function that failed for onFailure, and no data of users that looks like one", async () => {
  const { manager } = setUp();
  const middleware = new (inngestMiddleware({ manager }))({ client: client() });
  const { events } = await middleware.transformSendEvent!({ events: [event], fn: null });
  const packed = events[0]!;
  const input = async (given: object) =>
    (
      await middleware.transformFunctionInput!({
        steps: {},
        ctx: { event: given, events: [given, { ...given }] },
      } as never)
    ).ctx;
  const failed = { name: "inngest/function.failed", data: { error: {}, event: packed } };
  for (const one of (await input(failed)).events) expect(one).toMatchObject({ data: { event } });
  const finished = { name: "inngest/function.finished", data: { result: packed.data } };
  expect((await input(finished)).event.data).toEqual({ result: event.data });
  const plain = { name: "inngest/function.finished", data: { result: 1 } };
  expect((await input(plain)).event).toBe(plain);
  const own = { name: "mine", data: { event: packed } };
  expect((await input(own)).event).toBe(own);
});

it("deletes what a run's steps gave when it returns, only where that is asked for", async () => {
  for (const [release, left] of [
    [undefined, 1],
    ["onRunComplete", 0],
  ] as const) {
    const { manager, store } = setUp();
    const inngest = client(manager, { release });
    const fn = inngest.createFunction({ id: "f", triggers: [{ event: "e" }] }, async ({ step }) => {
      const given = await step.run("large", () => text(100_000));
      return given.length;
    });
    const run = await runOn(inngest, fn, { name: "e", data: {} });
    expect([run.output, (await pathsIn(store)).length]).toEqual([100_000, left]);
  }
});

it("fails with a clear error where a step's result is gone", async () => {
  const { manager } = setUp();
  const inngest = client(manager);
  const fn = inngest.createFunction({ id: "f", retries: 0, triggers: [{ event: "e" }] }, async ({ step }) => {
    await step.run("large", () => text(100_000));
    await step.run("next", () => manager.release("inngest").then(() => 1));
    return 1;
  });
  const run = await runOn(inngest, fn, { name: "e", data: {} });
  // The third request finds it gone, and says that no other one would help.
  expect([run.status, run.requests, JSON.stringify(run.output)]).toEqual([
    400,
    3,
    expect.stringContaining("NOT_FOUND"),
  ]);
});

it("is asked again where the store does not answer", async () => {
  const inner = new MemoryStore();
  const faults = [{ on: ["read" as const], times: 2, fault: { error: "UNAVAILABLE" as const } }];
  const manager = new StorageManager({ store: new FaultStore(inner, { faults }) });
  const inngest = client(manager);
  const fn = inngest.createFunction({ id: "f", triggers: [{ event: "e" }] }, async ({ step }) => {
    const given = await step.run("large", () => text(100_000));
    return given.length;
  });
  expect(await runOn(inngest, fn, { name: "e", data: {} })).toMatchObject({ status: 200, output: 100_000 });
});

it("works in the test engine of Inngest", async () => {
  const { manager, store } = setUp();
  const { fn } = order(client(manager));
  const engine = new InngestTestEngine({ function: fn, events: [event] });
  const { result } = await engine.executeStep("step 0");
  expect(result).toEqual({ index: 0, text: text(10) });
  expect(await pathsIn(store)).toEqual([]);
});

it("refuses options that it does not know", () => {
  expect(() => inngestMiddleware({ manager: setUp().manager, relese: true } as never)).toThrow(/relese/);
  // The keys of the envelope: each event would fail.
  expect(() => inngestMiddleware({ manager: setUp().manager, keep: ["$a"] })).toThrow(/keep/);
});
