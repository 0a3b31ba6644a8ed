import { MemoryStore, StorageManager } from "../../../src/index.js";
import { amqpOffload } from "../../../src/adapters/amqp.js";
import { bullmqOffload } from "../../../src/adapters/bullmq.js";
import { cloudEventsOffload } from "../../../src/adapters/cloudevents.js";
import { jobsOffload } from "../../../src/adapters/jobs.js";
import { kafkaOffload } from "../../../src/adapters/kafka.js";
import { MessageOffloader, rules } from "../../../src/adapters/messages.js";
import { natsOffload } from "../../../src/adapters/nats.js";
import { pubsubOffload } from "../../../src/adapters/pubsub.js";
import { serviceBusOffload } from "../../../src/adapters/servicebus.js";
import { snsOffload } from "../../../src/adapters/sns.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { failureOf, thrownBy } from "../../support/failure.js";

const manager = new StorageManager({ store: new MemoryStore() });
const options = { manager, channel: "orders", ttl: 86_400_000 };
const queue = { name: "orders", add: (_: string, data: unknown) => Promise.resolve(data) };

const VALUE_CALLS: Record<string, (value: unknown) => Promise<unknown>> = {
  jobs: (value) => jobsOffload(options).packData(value),
  bullmq: (value) => bullmqOffload(options).add(queue as never, "order", value),
  pubsub: (json) => pubsubOffload(options).pack({ json }),
  servicebus: (body) => serviceBusOffload(options).pack({ body }),
  cloudevents: (data) => cloudEventsOffload({ ...options, base: "s3://b" }).pack({ data }),
};

describe.each(Object.keys(VALUE_CALLS))("%s", (name) => {
  const pack = VALUE_CALLS[name]!;
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const unreadable = {
    toJSON: () => {
      throw new Error("not now");
    },
  };
  let deep: unknown[] = [];
  for (let level = 0; level < 50_000; level++) deep = [deep];

  it.each<[string, unknown, string]>([
    ["a BigInt", { lines: [{ count: 10n }] }, "$.lines[0].count"],
    ["a cycle", { order: cycle }, "$.order.self"],
    ["a toJSON that throws", { order: unreadable }, "$.order"],
    ["what is too deep", deep, "too deep"],
  ])("refuses %s, and says where", async (_, value, place) => {
    const error = await failureOf(pack(value));
    expect(error).toMatchObject({ code: "UNSERIALIZABLE" });
    expect(error.message).toContain(place);
  });

  it("leaves to its client what JSON keeps nothing of", async () => {
    await expect(pack(() => 1)).resolves.toBeDefined();
  });
});

describe("a message that is none", () => {
  const offloader = new MessageOffloader({ ...options, rules: rules.sqs });
  const attributes = new Map<string, string>();

  it.each<[string, unknown, string]>([
    ["undefined", undefined, "its body must be"],
    ["null", null, "its body must be"],
    ["a text", "{}", "its body must be"],
    ["a body that is a value", { body: { id: 1 }, attributes }, "its body must be a string or a Uint8Array"],
    ["no attributes", { body: "{}" }, "its attributes must be a Map"],
    ["attributes that are a record", { body: "{}", attributes: { id: "1" } }, "its attributes must be a Map"],
  ])("is refused by an offloader: %s", async (_, given, problem) => {
    const message = given as never;
    const refusals = [
      await failureOf(offloader.pack(message)),
      await failureOf(offloader.unpack(message)),
      await failureOf(offloader.settle(message)),
      thrownBy(() => offloader.leaves(message)),
    ];
    for (const error of refusals) {
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
      expect((error as Error).message).toContain(problem);
    }
  });

  const none = {} as never;
  it.each<[string, () => Promise<unknown>]>([
    ["sqs", () => sqsOffload(options).pack({ QueueUrl: "url", MessageBody: { id: 1 } as never })],
    ["sns", () => snsOffload(options).pack({ TopicArn: "arn", Message: { id: 1 } as never })],
    ["kafka", () => kafkaOffload(options).pack("topic", { value: { id: 1 } as never })],
    ["nats", () => natsOffload(options).pack(none)],
    ["amqp", () => amqpOffload(options).pack(none)],
    ["amqp, received", () => amqpOffload(options).open({ properties: {} } as never)],
  ])("is refused by %s", async (_, call) => {
    const error = await failureOf(call());
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain("must be a string or a Uint8Array");
  });
});
