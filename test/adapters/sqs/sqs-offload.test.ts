import { createHash } from "node:crypto";
import {
  SendMessageCommand,
  SQSClient,
  type Message,
  type SendMessageBatchRequestEntry,
  type SendMessageCommandInput,
} from "@aws-sdk/client-sqs";
import type { Context, SQSEvent, SQSHandler, SQSRecord } from "aws-lambda";
import { Consumer } from "sqs-consumer";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { rules } from "../../../src/adapters/messages.js";
import { FakeClock, FaultStore } from "../../../src/testing/index.js";
import {
  consumerOptions,
  settleAfterDelete,
  sqsBatchHandler,
  sqsOffload,
  type SqsOptions,
} from "../../../src/adapters/sqs.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { turn } from "../../support/turn.js";
import { bigJson, message, pathsIn } from "../messages/messages.js";
import { clientOptions, startQueues, type Queues } from "./queues.js";

const LIMIT = 1_048_576;
const big = bigJson(1_200_000);
let queues: Queues;

beforeAll(async () => {
  queues = await startQueues();
});
afterAll(() => queues.stop());

function setUp(options: Partial<SqsOptions> = {}, store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = sqsOffload({ manager, channel: "orders", retention: "settle", ...options });
  return { manager, store, offload };
}

function recordOf({ MessageId, Body, ReceiptHandle, Attributes }: Message, arn: string): SQSRecord {
  const known = { md5OfBody: "", eventSource: "aws:sqs", awsRegion: "us-east-1", messageAttributes: {} };
  return {
    ...known,
    messageId: MessageId!,
    body: Body!,
    receiptHandle: ReceiptHandle!,
    attributes: Attributes as unknown as SQSRecord["attributes"],
    eventSourceARN: arn,
  };
}

describe("sqsOffload", () => {
  it("counts as SQS does: what is at the limit is sent as it is, what is over would be refused", async () => {
    const { offload, store } = setUp();
    const { url } = await queues.queue("limits");
    const MessageAttributes = { größe: { DataType: "Number.int", StringValue: "7" } };
    const overhead = "größe".length + 2 + "Number.int".length + 1;
    const at = { QueueUrl: url, MessageBody: "x".repeat(LIMIT - overhead), MessageAttributes };
    expect(await offload.pack(at)).toBe(at);
    await offload.send(queues.client, at);
    const over = { ...at, MessageBody: `${at.MessageBody}x` };
    await offload.send(queues.client, over);
    expect(await pathsIn(store)).toHaveLength(1);
    const messages = [...(await queues.receive(url)), ...(await queues.receive(url))];
    const opened = await Promise.all(messages.map((each) => offload.open(each)));
    expect(opened.map(({ Body }) => Body!.length).sort()).toEqual([LIMIT - overhead, LIMIT - overhead + 1]);
    expect(opened.map((each) => each.MessageAttributes)).toEqual(
      [MessageAttributes, MessageAttributes].map((each) => expect.objectContaining(each) as object),
    );
  });

  it("opens also for who asked for no attributes, and leaves what fits alone", async () => {
    const { offload } = setUp();
    const { url } = await queues.queue("no-attributes");
    await offload.send(queues.client, { QueueUrl: url, MessageBody: big });
    const [received] = await queues.receive(url, ["other"]);
    expect(received!.MessageAttributes).toBeUndefined();
    expect((await offload.open(received!)).Body).toBe(big);
    const small: Message = { Body: "small" };
    expect(await offload.open(small)).toBe(small);
  });

  it("sends any number of entries in as few requests as the limits allow, in order", async () => {
    const { offload, store } = setUp();
    const { url } = await queues.queue("batches");
    const entries = Array.from({ length: 25 }, (_, i): SendMessageBatchRequestEntry => {
      return { Id: `e${i}`, MessageBody: bigJson(i === 12 ? 2_000_000 : 200_000, `${i}`) };
    });
    let requests = 0;
    queues.client.middlewareStack.add((next) => async (args) => ((requests += 1), next(args)), {
      step: "build",
      name: "counted",
    });
    const { Successful, Failed } = await offload.sendBatch(queues.client, url, entries);
    queues.client.middlewareStack.remove("counted");
    expect([Successful!.map(({ Id }) => Id), Failed]).toEqual([entries.map(({ Id }) => Id), []]);
    expect([requests, (await pathsIn(store)).length]).toEqual([5, 1]);
    const bodies = [];
    for (let i = 0; i < 4; i++)
      for (const each of await queues.receive(url)) bodies.push((await offload.open(each)).Body);
    expect(bodies.sort()).toEqual(entries.map(({ MessageBody }) => MessageBody).sort());
  });

  it("gives back each entry that failed, and keeps what may have arrived alone", async () => {
    const { offload, store } = setUp();
    const answers = [
      {
        Failed: [
          { Id: "e1", SenderFault: true, Code: "Bad" },
          { Id: "e2", SenderFault: false, Code: "Busy" },
        ],
        Successful: [{ Id: "e0" }],
      },
      Object.assign(new Error("reset"), { name: "ECONNRESET" }),
    ];
    const send = () => {
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const entries = Array.from({ length: 25 }, (_, i) => ({ Id: `e${i}`, MessageBody: big, MessageGroupId: "g" }));
    const { Successful, Failed } = await offload.sendBatch(
      { send } as unknown as SQSClient,
      "https://sqs/1/q.fifo",
      entries,
    );
    expect(Successful).toEqual([{ Id: "e0" }]);
    // The third request is not made: nothing may overtake in a FIFO queue.
    expect(Failed!.map(({ Id, Code }) => `${Id} ${Code}`)).toEqual([
      "e1 Bad",
      "e2 Busy",
      ...entries.slice(10).map(({ Id }) => `${Id} ECONNRESET`),
    ]);
    expect(await pathsIn(store)).toHaveLength(10 - 1 + 10);
  });

  it("keeps nothing when nothing was sent: an entry that can't be packed, a queue that is not there", async () => {
    const { offload, store } = setUp();
    const { url } = await queues.queue("none");
    const tooMuch = { attribute: { DataType: "String", StringValue: "x".repeat(LIMIT) } };
    const entries = [
      { Id: "1", MessageBody: big },
      { Id: "2", MessageBody: big, MessageAttributes: tooMuch },
    ];
    await expect(offload.sendBatch(queues.client, url, entries)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await queues.receive(url)).toEqual([]);
    await expect(offload.sendBatch(queues.client, `${url}-x`, [entries[0]!])).rejects.toThrow();
    await expect(offload.send(queues.client, { QueueUrl: `${url}-x`, MessageBody: big })).rejects.toThrow();
    expect(await pathsIn(store)).toEqual([]);
  });

  it("keeps what a message leads to that may have arrived", async () => {
    const { offload, store } = setUp();
    const gone = new SQSClient({ ...clientOptions("http://127.0.0.1:1") });
    await expect(offload.send(gone, { QueueUrl: "http://127.0.0.1:1/0/q", MessageBody: big })).rejects.toThrow();
    expect(await pathsIn(store)).toHaveLength(1);
    gone.destroy();
  });

  it("sends nothing when the store fails", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ on: ["write"], fault: { error: "UNAVAILABLE" } }] });
    const offload = sqsOffload({ manager: new StorageManager({ store }), channel: "orders", retention: "settle" });
    const { url } = await queues.queue("store-fails");
    const failure = await failureOf(offload.send(queues.client, { QueueUrl: url, MessageBody: big }));
    expect(failure.code).toBe("UNAVAILABLE");
    expect(await queues.receive(url)).toEqual([]);
  });

  it("is one message of a FIFO queue, however often it is sent within five minutes", async () => {
    const { offload } = setUp({ retention: "settle" });
    const { url } = await queues.queue("same.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
    const input: SendMessageCommandInput = { QueueUrl: url, MessageBody: big, MessageGroupId: "g" };
    const packed = await offload.pack(input);
    expect(packed.MessageDeduplicationId).toBe(createHash("sha256").update(big).digest("hex"));
    await offload.send(queues.client, input);
    await offload.send(queues.client, input);
    expect(await queues.receive(url)).toHaveLength(1);
    const standard = await offload.pack({ ...input, QueueUrl: "https://sqs/1/standard" });
    expect("MessageDeduplicationId" in standard).toBe(false);
    expect((await offload.pack({ ...input, MessageDeduplicationId: "own" })).MessageDeduplicationId).toBe("own");
  });

  it("opens what a dead-letter queue has, as it was", async () => {
    const { offload, store } = setUp();
    const dead = await queues.queue("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
    const { url } = await queues.queue("redriven", { RedrivePolicy, VisibilityTimeout: "0" });
    await offload.send(queues.client, { QueueUrl: url, MessageBody: big });
    expect(await queues.receive(url)).toHaveLength(1);
    expect(await queues.receive(url)).toEqual([]);
    const [received] = await queues.receive(dead.url);
    expect((await offload.open(received!)).Body).toBe(big);
    await offload.settle(received!);
    expect(await pathsIn(store)).toEqual([]);
  });

  it("keeps the message from others while its payload is read", async () => {
    const clock = new FakeClock();
    const store = new HeldStore(["read"]);
    const offload = sqsOffload({ manager: new StorageManager({ store }), channel: "orders", retention: "settle" });
    const sent: unknown[] = [];
    const client = {
      send: (command: { input: unknown }) => Promise.resolve(sent.push(command.input)),
    } as unknown as SQSClient;
    const { MessageBody: Body } = await offload.pack({ QueueUrl: "q", MessageBody: big });
    const keepAlive = { client, queueUrl: "q", every: 1000, by: 30, clock };
    const opening = offload.open({ Body, ReceiptHandle: "r" }, { keepAlive });
    await store.until(1);
    await clock.advance(2500);
    while (sent.length < 2) await turn();
    expect(sent).toEqual(Array(2).fill({ QueueUrl: "q", ReceiptHandle: "r", VisibilityTimeout: 30 }));
    store.held[0]!.release();
    expect((await opening).Body).toBe(big);
    await clock.advance(5000);
    expect(sent).toHaveLength(2); // the timer ended with the call
  });

  it("takes the channel from the queue, and must know one", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const offload = sqsOffload({ manager, queueUrl: "https://sqs.eu.amazonaws.com/1/orders", retention: "settle" });
    const packed = await offload.offloader.pack(message("x".repeat(LIMIT + 1)));
    expect(packed.scope).toMatch(/^orders\//);
    expect(() => sqsOffload({ manager, retention: "settle" })).toThrow(/sqsOffload.*channel/);
    expect(() => sqsOffload({ manager, queueUrl: "", retention: "settle" })).toThrow(/sqsOffload.*queueUrl/);
    expect(() => sqsOffload({ manager, channel: "a", retention: "settle", queueURL: "x" } as SqsOptions)).toThrow(
      /queueURL/,
    );
    expect(offload.offloader.leaves(message("x".repeat(LIMIT + 1)))).toBe(true);
    expect(rules.sqs.maxMessage).toBe(LIMIT);
  });
});

describe("sqsBatchHandler", () => {
  const handled: string[] = [];
  beforeEach(() => handled.splice(0));

  async function eventOf(
    offload: ReturnType<typeof sqsOffload>,
    name: string,
    arn: string,
  ): Promise<{ event: SQSEvent; url: string }> {
    const { url } = await queues.queue(name);
    for (const id of ["1", "2", "3"]) {
      await offload.send(queues.client, { QueueUrl: url, MessageBody: JSON.stringify({ id, big }) });
    }
    const messages = await queues.receive(url);
    messages.sort((a, b) => (/"id":"(\d)","big/.exec(a.Body!)![1]! < /"id":"(\d)","big/.exec(b.Body!)![1]! ? -1 : 1));
    return { event: { Records: messages.map((each) => recordOf(each, arn)) }, url };
  }

  it("reports a record that can't be opened, or whose handler fails, alone", async () => {
    const { offload, manager } = setUp();
    const { event } = await eventOf(offload, "lambda", "arn:aws:sqs:eu:1:lambda");
    const scope = /"id":"([0-9a-f-]{36})"/.exec(event.Records[1]!.body)![1]!;
    await manager.release(`orders/${scope}`);
    const failures: unknown[] = [];
    const handler: SQSHandler = sqsBatchHandler(
      offload,
      (record: SQSRecord) => {
        const { id } = JSON.parse(record.body) as { id: string };
        handled.push(id);
        return id === "3" ? Promise.reject(new Error("the handler failed")) : Promise.resolve();
      },
      { onFailure: (error) => failures.push(error) },
    );
    const response = await handler(event, {} as Context, () => undefined);
    expect(handled.sort()).toEqual(["1", "3"]);
    expect(response!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      event.Records.slice(1).map(({ messageId }) => messageId),
    );
    expect(failures).toContainEqual(expect.objectContaining({ code: "NOT_FOUND", disposition: "reject" }));
  });

  it("fails everything after the first failure of a FIFO queue, unprocessed", async () => {
    const { offload } = setUp();
    const { event } = await eventOf(offload, "lambda-fifo", "arn:aws:sqs:eu:1:orders.fifo");
    const handler = sqsBatchHandler(offload, (record: SQSRecord) => {
      handled.push((JSON.parse(record.body) as { id: string }).id);
      return handled.length === 2 ? Promise.reject(new Error("the handler failed")) : Promise.resolve();
    });
    const { batchItemFailures } = await handler(event, {});
    expect([handled, batchItemFailures.length]).toEqual([["1", "2"], 2]);
  });

  it("deletes and settles where it is told to", async () => {
    const { offload, store } = setUp();
    const { event, url } = await eventOf(offload, "lambda-settles", "arn:aws:sqs:eu:1:settles");
    const handler = sqsBatchHandler(offload, () => Promise.resolve(), {
      settle: { client: queues.client, queueUrl: url },
    });
    expect(await handler(event, {})).toEqual({ batchItemFailures: [] });
    expect([await pathsIn(store), await queues.receive(url)]).toEqual([[], []]);
  });

  it("takes a message whose payload is gone for processed only where it is told to", async () => {
    const { offload, store, manager } = setUp();
    const { event } = await eventOf(offload, "lambda-missing", "arn:aws:sqs:eu:1:missing");
    await manager.release("orders");
    const tolerant = setUp({ missing: "ack" }, store).offload;
    const handle = () => {
      handled.push("any");
      return Promise.resolve();
    };
    expect((await sqsBatchHandler(offload, handle)(event, {})).batchItemFailures).toHaveLength(3);
    expect([await sqsBatchHandler(tolerant, handle)(event, {}), handled]).toEqual([{ batchItemFailures: [] }, []]);
  });
});

describe("consumerOptions and settleAfterDelete", () => {
  async function consumed(batchSize: number, handler: Parameters<typeof consumerOptions>[1], poison = false) {
    const { offload, store, manager } = setUp();
    const { url } = await queues.queue(`consumer-${batchSize}-${poison}`, { VisibilityTimeout: "60" });
    for (const id of ["1", "2"]) {
      await offload.send(queues.client, { QueueUrl: url, MessageBody: JSON.stringify({ id, big }) });
    }
    if (poison) {
      const { MessageBody } = await offload.pack({ QueueUrl: url, MessageBody: big });
      await manager.release(`orders/${/"id":"([0-9a-f-]{36})"/.exec(MessageBody)![1]!}`);
      await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
    }
    const failures: unknown[] = [];
    const consumer = Consumer.create({
      queueUrl: url,
      sqs: queues.client,
      batchSize,
      waitTimeSeconds: 0,
      pollingWaitTimeMs: 10,
      ...consumerOptions(offload, handler, (error) => failures.push(error)),
    });
    consumer.on("error", (error) => failures.push(error)).on("processing_error", (error) => failures.push(error));
    settleAfterDelete(offload, consumer, (error) => failures.push(error));
    const settled = new Promise<void>((resolve) => {
      const look = async () => {
        if ((await pathsIn(store)).length === 0 && (!poison || failures.length > 0)) resolve();
        else setImmediate(() => void look());
      };
      void look();
    });
    consumer.start();
    await settled;
    consumer.stop({ abort: true });
    return { failures, store };
  }

  it("hand over whole messages, and settle after the deletion", async () => {
    const ids: string[] = [];
    const handleMessage = (each: Message) => {
      ids.push((JSON.parse(each.Body!) as { id: string }).id);
      return Promise.resolve(each);
    };
    const { failures } = await consumed(1, { handleMessage });
    expect([ids.sort(), failures]).toEqual([["1", "2"], []]);
  });

  it("leave out of a batch what can't be opened", async () => {
    const ids: string[] = [];
    const handleMessageBatch = (all: Message[]) => {
      for (const each of all) ids.push((JSON.parse(each.Body!) as { id: string }).id);
      return Promise.resolve(all);
    };
    const { failures } = await consumed(10, { handleMessageBatch }, true);
    expect(ids.sort()).toEqual(["1", "2"]);
    expect(failures).toEqual([expect.objectContaining({ code: "NOT_FOUND" })]);
  });

  it("do not settle for a consumer that leaves messages in the queue", () => {
    const { offload } = setUp();
    const consumer = { shouldDeleteMessages: false, on: () => undefined };
    expect(() => settleAfterDelete(offload, consumer)).toThrow(/shouldDeleteMessages/);
  });
});
