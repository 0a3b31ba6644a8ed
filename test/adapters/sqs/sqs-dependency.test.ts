import type { SQSClient } from "@aws-sdk/client-sqs";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { sqsBatchHandler, sqsOffload } from "../../../src/adapters/sqs.js";
import { failureOf } from "../../support/failure.js";
import { bigJson, pathsIn } from "../messages/messages.js";

jest.mock("@aws-sdk/client-sqs", () => {
  throw Object.assign(new Error("Cannot find module '@aws-sdk/client-sqs'"), { code: "MODULE_NOT_FOUND" });
});

const client = { send: () => Promise.reject(new Error("never called")) } as unknown as SQSClient;
const queueUrl = "https://sqs.us-east-1.amazonaws.com/1/orders";
const missing = {
  code: "MISSING_DEPENDENCY",
  message: expect.stringContaining("npm install @aws-sdk/client-sqs.") as string,
  cause: expect.objectContaining({ code: "MODULE_NOT_FOUND" }) as unknown,
};

function setUp() {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return { store, offload: sqsOffload({ manager, queueUrl, retention: "settle" }) };
}

it("names the package to install, before anything is stored", async () => {
  const { offload, store } = setUp();
  const MessageBody = bigJson(1_200_000);
  const sent = offload.send(client, { QueueUrl: queueUrl, MessageBody });
  expect(await failureOf(sent)).toMatchObject(missing);
  const batch = offload.sendBatch(client, queueUrl, [{ Id: "a", MessageBody }]);
  expect(await failureOf(batch)).toMatchObject(missing);
  expect(await pathsIn(store)).toEqual([]);
});

it("packs, opens and settles without it, for who sends and deletes in another way", async () => {
  const { offload, store } = setUp();
  const Body = bigJson(1_200_000);
  const { MessageBody } = await offload.pack({ QueueUrl: queueUrl, MessageBody: Body });
  const received = { Body: MessageBody };
  expect((await offload.open(received)).Body).toBe(Body);
  await offload.settle(received);
  expect(await pathsIn(store)).toEqual([]);
});

it("says so of each record that a Lambda handler can't delete", async () => {
  const { offload } = setUp();
  const failures: unknown[] = [];
  const handler = sqsBatchHandler(offload, () => Promise.resolve(), {
    settle: { client, queueUrl },
    onFailure: (error) => failures.push(error),
  });
  const record = { messageId: "m", receiptHandle: "r", body: "{}", eventSourceARN: "arn:aws:sqs:us-east-1:1:orders" };
  const { batchItemFailures } = await handler({ Records: [record] }, undefined);
  expect(batchItemFailures).toEqual([{ itemIdentifier: "m" }]);
  expect(failures).toEqual([expect.objectContaining(missing)]);
});
