import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  type PublishCommandInput,
} from "@aws-sdk/client-sns";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { snsOffload, type SnsOptions } from "../../../src/adapters/sns.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { bigJson, pathsIn } from "../messages/messages.js";
import { clientOptions, startQueues, type Queues } from "../sqs/queues.js";

const big = bigJson(400_000);
let queues: Queues;
let client: SNSClient;

beforeAll(async () => {
  queues = await startQueues();
  client = new SNSClient(clientOptions(queues.endpoint));
});
afterAll(async () => {
  client.destroy();
  await queues.stop();
});

function setUp(options: Partial<SnsOptions> = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return { store, manager, offload: snsOffload({ manager, channel: "orders", retention: "settle", ...options }) };
}

async function topicWith(name: string, attributes: Record<string, string>): Promise<{ topic: string; url: string }> {
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name: name }));
  const { url, arn } = await queues.queue(`${name}-queue`);
  await client.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn, Attributes: attributes }));
  return { topic: TopicArn!, url };
}

describe("snsOffload", () => {
  it.each([
    ["raw", { RawMessageDelivery: "true" }],
    ["wrapped", {}],
  ])("publishes what a queue behind the topic opens: %s", async (name, attributes) => {
    const { offload, manager, store } = setUp();
    const { topic, url } = await topicWith(name, attributes);
    const MessageAttributes = {
      tenant: { DataType: "String", StringValue: "seven" },
      raw: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2]) },
    };
    for (const Message of [big, "small"]) {
      await client.send(new PublishCommand(await offload.pack({ TopicArn: topic, Message, MessageAttributes })));
    }
    const reader = sqsOffload({ manager, channel: "orders", retention: "settle" });
    const received = await queues.receive(url);
    const opened = await Promise.all(received.map((each) => reader.open(each)));
    const texts = opened.map(({ Body }) =>
      name === "raw" ? Body! : (JSON.parse(Body!) as { Message: string }).Message,
    );
    expect(texts.sort((a, b) => b.length - a.length)).toEqual([big, "small"]);
    const names = opened.map((each) => {
      const shown =
        name === "raw"
          ? each.MessageAttributes
          : (JSON.parse(each.Body!) as { MessageAttributes: object }).MessageAttributes;
      return Object.keys(shown!).sort();
    });
    expect(names).toEqual([
      ["raw", "tenant"],
      ["raw", "tenant"],
    ]);
    for (const each of received) await reader.settle(each);
    expect(await pathsIn(store)).toEqual([]);
  });

  it("is deleted when the queues of all consumers have it", async () => {
    const retention = { consumers: ["billing", "search"] };
    const { offload, manager, store } = setUp({ retention });
    const { MessageAttributes, Message } = await offload.pack<PublishCommandInput>({ TopicArn: "t", Message: big });
    expect(MessageAttributes!["coatcheck"]).toEqual({ DataType: "Number", StringValue: String(big.length) });
    const payloads = async () => (await pathsIn(store)).filter((path) => !path.includes("/.done/"));
    for (const consumer of retention.consumers) {
      expect(await payloads()).toHaveLength(1);
      await sqsOffload({ manager, channel: "orders", retention, consumer }).settle({ Body: Message });
    }
    expect(await payloads()).toEqual([]);
  });

  it("refuses what readers of a phone, or of a text for each protocol, can't follow, before any request", async () => {
    const { offload, store } = setUp();
    for (const target of [{ PhoneNumber: "+1" }, { TopicArn: "t", MessageStructure: "json" }]) {
      await expect(offload.pack({ ...target, Message: big })).rejects.toMatchObject({ code: "UNSUPPORTED" });
      expect((await offload.pack({ ...target, Message: "{}" })).Message).toBe("{}");
    }
    expect(await pathsIn(store)).toEqual([]);
  });

  it("gives messages of FIFO topics the id that their content has", async () => {
    const { offload } = setUp({ topicArn: "arn:aws:sns:eu:1:orders.fifo" });
    const input: PublishCommandInput = { Message: big, MessageGroupId: "g" };
    const [one, other] = [await offload.pack(input), await offload.pack(input)];
    expect(one.MessageDeduplicationId).toMatch(/^[0-9a-f]{64}$/);
    expect(other.MessageDeduplicationId).toBe(one.MessageDeduplicationId);
    const standard = await offload.pack({ ...input, TopicArn: "arn:aws:sns:eu:1:orders" });
    expect("MessageDeduplicationId" in standard).toBe(false);
  });
});
