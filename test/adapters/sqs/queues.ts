import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { startS3Server } from "../../fixtures/s3-server.js";

/** Queues on an emulator that counts as SQS does. */
export interface Queues {
  readonly client: SQSClient;
  readonly endpoint: string;
  queue(name: string, attributes?: Record<string, string>): Promise<{ url: string; arn: string }>;
  receive(url: string, attributeNames?: string[]): Promise<Message[]>;
  stop(): Promise<void>;
}

/** Options of a client for the emulator. */
export const clientOptions = (endpoint: string) => ({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "testsecret" },
  maxAttempts: 1,
});

/** Starts the emulator. */
export async function startQueues(): Promise<Queues> {
  const server = await startS3Server();
  const client = new SQSClient(clientOptions(server.endpoint));
  return {
    client,
    endpoint: server.endpoint,
    queue: async (name, Attributes = {}) => {
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
      const got = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
      return { url: QueueUrl!, arn: got.Attributes!["QueueArn"]! };
    },
    receive: async (QueueUrl, MessageAttributeNames = ["All"]) => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MessageAttributeNames,
          MessageSystemAttributeNames: ["All"],
          MaxNumberOfMessages: 10,
        }),
      );
      return Messages;
    },
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
}
