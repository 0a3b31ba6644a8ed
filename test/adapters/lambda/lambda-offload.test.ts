import { MemoryStore, StorageManager } from "../../../src/index.js";
import { eventBridgeOffload } from "../../../src/adapters/eventbridge.js";
import { middyOffload, releaseHandler, withOffload, type LambdaOptions } from "../../../src/adapters/lambda.js";
import { snsOffload } from "../../../src/adapters/sns.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { failureOf } from "../../support/failure.js";
import { longText, throughJson } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";

type Fields = Record<string, unknown>;

const context = { awsRequestId: "request-1" };
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const identity = async (event: unknown): Promise<unknown> => Promise.resolve(event);
const large = (label: string): string => longText(label, 150_000);

function setUp(options: Partial<LambdaOptions> = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const run = (handler: (event: never) => Promise<unknown>, more: Partial<LambdaOptions> = {}) => {
    const wrapped = withOffload({ manager, ...options, ...more }, handler);
    return async (event: unknown): Promise<unknown> => throughJson(await wrapped(event, context));
  };
  return { store, manager, run };
}

describe("withOffload", () => {
  it("gives whole events, takes whole results, and stores them with their execution", async () => {
    const { store, run } = setUp();
    const first = run(async () => Promise.resolve({ status: "new", a: large("a"), b: large("b") }));
    const packed = (await first({ execution: "run 1" })) as Fields;
    expect(packed["status"]).toBe("new");
    expect(sizeOf(packed)).toBeLessThan(200_000);
    expect(store.paths("write")).toEqual([expect.stringMatching(/^outputs\/run%201\/[0-9a-f]{64}\./)]);
    const seen: unknown[] = [];
    await run(async (event) => Promise.resolve(seen.push(event)))({ execution: "run 1", input: packed });
    expect(seen).toEqual([{ execution: "run 1", input: { status: "new", a: large("a"), b: large("b") } }]);
  });

  it("leaves what fits as it is, without I/O", async () => {
    const { store, manager } = setUp();
    const result = { text: longText("t", 199_000) };
    const handler = withOffload({ manager }, async () => Promise.resolve(result));
    expect(await handler({ a: 1 }, context)).toBe(result);
    for (const nothing of [undefined, null, 0, "", false]) {
      expect(await withOffload({ manager }, async () => Promise.resolve(nothing))({}, context)).toBe(nothing);
    }
    expect(store.calls).toEqual([]);
  });

  it.each([
    ["stepFunctions", 200_000],
    ["lambdaSync", 6_291_456],
    ["lambdaAsync", 1_048_576],
    [50_000, 50_000],
  ] as const)("packs what is over the limit %s, and goes no further", async (limit, most) => {
    const { store, run } = setUp({ limit });
    const text = (size: number): string => "x".repeat(size - 2);
    expect(await run(async () => Promise.resolve(text(most)))({})).toBe(text(most));
    expect(store.calls).toEqual([]);
    const packed = await run(async () => Promise.resolve(text(most + 1)))({});
    expect(sizeOf(packed)).toBeLessThanOrEqual(most);
    expect(store.paths("write")).toHaveLength(1);
    expect(await run(identity, { limit: 10_000_000 })({ packed })).toEqual({ packed: text(most + 1) });
  });

  it("takes the scope from the request, or from the option, which sees the whole event", async () => {
    const { store, run } = setUp({ over: 100 });
    const text = longText("t");
    const packed = await run(async () => Promise.resolve({ id: 7, text }))({ execution: "" });
    const scope: LambdaOptions["scope"] = (event, { awsRequestId }) =>
      `by/${(event as { id: number }).id}/${awsRequestId}`;
    await run(identity, { scope })(packed);
    expect(store.paths("write").map((path) => path.slice(0, path.lastIndexOf("/")))).toEqual([
      "outputs/request-1",
      "outputs/by/7/request-1",
    ]);
  });

  it("keeps what Choice and Map look at, and gives an array as one", async () => {
    const { run } = setUp({ limit: 4096, keep: ["items", "type"] });
    const items = Array.from({ length: 20 }, (_, id) => ({ id, note: `note ${id}` }));
    const result = { type: "order", items, document: longText("d", 9000) };
    expect(await run(async () => Promise.resolve(result))({})).toMatchObject({ type: "order", items });
    const failure = await failureOf(run(async () => Promise.resolve({ items: [longText("i", 5000)] }))({}));
    expect(failure.code).toBe("LIMIT_EXCEEDED");

    const list = [{ id: 1, text: longText("1", 5000) }, 2, longText("3", 5000), [longText("4", 2000)], { id: 5 }];
    const packed = (await run(async () => Promise.resolve(list))({})) as unknown[];
    expect(packed).toMatchObject([{ id: 1 }, 2, {}, {}, { id: 5 }]);
    expect(sizeOf(packed)).toBeLessThanOrEqual(4096);
    const seen = await Promise.all(packed.map((item) => run(identity, { over: 200_000, limit: 200_000 })(item)));
    expect(seen).toEqual(list);
    const many = Array.from({ length: 3000 }, (_, id) => ({ id, text: "text" }));
    const one = await run(async () => Promise.resolve(many))({});
    expect(one).toHaveProperty("$storageBody");
    expect(await run(identity, { limit: 200_000 })(one)).toEqual(many);
  });

  it("reads nothing that is only handed on", async () => {
    const { store, run } = setUp();
    const order = { id: 1, text: large("o") };
    const packed = await run(async () => Promise.resolve({ order, document: large("d") }))({});
    const reads = (): number => store.paths("read").length;
    const next = await run(async (event: Fields) => Promise.resolve({ ...event, ok: true }), { hydrate: false })(
      packed,
    );
    expect(reads()).toBe(0);
    const last = await run(async (event: { order: unknown }) => Promise.resolve(event.order), { hydrate: ["order"] })(
      next,
    );
    expect(last).toEqual(order);
    expect(reads()).toBe(1);
    expect(store.paths("write")).toHaveLength(1);
    expect(await run(identity, { limit: "lambdaSync" })(next)).toEqual({ order, document: large("d"), ok: true });
  });

  it("opens the messages of SQS, SNS and EventBridge", async () => {
    const { manager, run } = setUp();
    const body = JSON.stringify({ id: 1, text: longText("m", 3000) });
    const shared = { manager, channel: "c", ttl: "never" as const, limit: 2048 };
    const attributes = { own: { DataType: "String", StringValue: "1" } };
    const sent = await sqsOffload(shared).pack({ QueueUrl: "q", MessageBody: body, MessageAttributes: attributes });
    const messageAttributes = { own: { dataType: "String", stringValue: "1" } };
    const hint = { coatcheck: { dataType: "Number", stringValue: String(body.length) } };
    const record = { messageId: "1", eventSource: "aws:sqs", body: sent.MessageBody };
    const plain = { messageId: "2", eventSource: "aws:sqs", body: "plain" };
    const records = [{ ...record, messageAttributes: { ...messageAttributes, ...hint } }, plain];
    expect(await run(identity)({ Records: records })).toEqual({
      Records: [{ ...record, body, messageAttributes }, plain],
    });
    expect(await run(identity, { hydrate: false })({ Records: records })).toEqual({ Records: records });

    const { Message } = await snsOffload(shared).pack({ Message: body });
    const notice = (text: unknown) => ({ EventSource: "aws:sns", Sns: { Message: text, MessageAttributes: {} } });
    expect(await run(identity)({ Records: [notice(Message), notice("plain")] })).toEqual({
      Records: [notice(body), notice("plain")],
    });

    const { Detail } = await eventBridgeOffload(shared).pack({ Source: "s", Detail: body });
    const event = { "detail-type": "order", source: "s", detail: JSON.parse(Detail) as unknown };
    expect(await run(identity)(event)).toEqual({ ...event, detail: JSON.parse(body) as unknown });
  });

  it("opens what a state made of messages, as of any other event", async () => {
    const { run } = setUp();
    const packed = await run(async () => Promise.resolve({ text: large("t"), other: large("u") }))({});
    for (const event of [{ Records: [packed] }, { Records: [], packed }, { "detail-type": 1, detail: packed }]) {
      expect(JSON.stringify(await run(identity, { limit: "lambdaSync" })(event))).toContain(large("t"));
    }
  });

  it("fails as its handler does, and as the store does", async () => {
    const { manager, run } = setUp();
    const own = new Error("own");
    await expect(withOffload({ manager }, async () => Promise.reject(own))({}, context)).rejects.toBe(own);
    const packed = await run(async () => Promise.resolve(large("t") + large("u")))({ execution: "gone" });
    await manager.release("gone");
    expect((await failureOf(run(identity)(packed))).code).toBe("NOT_FOUND");
  });

  it.each([
    { limit: 2047 },
    { limit: "sqs" },
    { over: -1 },
    { keep: ["$a"] },
    { hydrate: "all" },
    { scope: "s" },
    { ttl: 0 },
    { manager: {} },
    { unknown: 1 },
  ])("refuses wrong options: %j", (options) => {
    const { manager } = setUp();
    const all = { manager, ...options } as unknown as LambdaOptions;
    for (const make of [() => withOffload(all, identity), () => middyOffload(all)]) {
      expect(make).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
    }
  });
});

describe("middyOffload", () => {
  it("opens the event before, and packs the response after", async () => {
    const { manager, run } = setUp();
    const packed = await run(async () => Promise.resolve({ text: large("t"), more: large("m") }))({});
    const middleware = middyOffload<unknown, unknown>({ manager });
    const request = { event: packed, response: undefined as unknown, context };
    await middleware.before(request);
    expect(request.event).toEqual({ text: large("t"), more: large("m") });
    request.response = request.event;
    await middleware.after(request);
    expect(sizeOf(request.response)).toBeLessThan(200_000);
    const early = { event: {}, response: large("a") + large("b"), context };
    await middleware.after(early); // `before` was not reached
    expect(early.response).toBe(large("a") + large("b"));
  });
});

describe("releaseHandler", () => {
  const ended = (status: string, name = "run") => ({
    "detail-type": "Step Functions Execution Status Change",
    detail: { name, status, executionArn: `arn:${name}` },
  });

  async function executed() {
    const { store, manager, run } = setUp({ over: 100 });
    for (const execution of ["run", "other"]) {
      await run(async () => Promise.resolve(longText(execution)))({ execution });
    }
    const left = async (): Promise<string[]> => {
      const paths = [];
      for await (const { path } of manager.list("outputs/")) paths.push(path.split("/")[1]!);
      return paths;
    };
    return { store, manager, left };
  }

  it("deletes what an execution stored, as its last state", async () => {
    const { manager, left } = await executed();
    expect(await releaseHandler({ manager })({ execution: "run" })).toEqual({ execution: "run", deleted: 1 });
    expect(await left()).toEqual(["other"]);
  });

  it("deletes it when a rule tells that the execution succeeded, and not when it may be redriven", async () => {
    const { manager, left } = await executed();
    for (const status of ["RUNNING", "FAILED", "TIMED_OUT", "ABORTED"]) {
      expect(await releaseHandler({ manager })(ended(status))).toEqual({ execution: "run", deleted: 0 });
    }
    expect(await left()).toEqual(["other", "run"]);
    expect(await releaseHandler({ manager })(ended("SUCCEEDED"))).toEqual({ execution: "run", deleted: 1 });
    const scope = ({ executionArn }: { executionArn?: string | undefined }) => executionArn!.slice("arn:".length);
    const handler = releaseHandler({ manager, statuses: ["ABORTED"], scope });
    expect(await handler(ended("ABORTED", "other"))).toEqual({ execution: "other", deleted: 1 });
    expect(await left()).toEqual([]);
  });

  it("deletes nothing of an event that names no execution", async () => {
    const { manager, left } = await executed();
    for (const event of [undefined, {}, { execution: "" }, { execution: 1 }, { detail: { name: "" } }]) {
      expect((await failureOf(releaseHandler({ manager })(event))).code).toBe("CONFIG_INVALID");
    }
    expect((await releaseHandler({ manager })({ execution: "../other" })).deleted).toBe(0);
    expect(await left()).toEqual(["other", "run"]);
    const options = { manager: new StorageManager({ store: new MemoryStore() }), statuses: ["DONE"] } as never;
    expect(() => releaseHandler(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
  });
});
