import { SqsConsumer, SqsProducer } from "sns-sqs-big-payload";
import type { Store } from "../../../../src/index.js";
import type { AttributeValue } from "../../../../src/adapters/messages.js";

// The library over a store, by clients that have the methods it calls, of version 2 of the SDK.

interface ObjectInput {
  Bucket: string;
  Key: string;
  Body: string;
  ContentType: string;
}

interface Sent {
  MessageBody: string;
  MessageAttributes: Record<string, { DataType: string; StringValue: string }>;
}

function promised<T>(work: () => Promise<T>): { promise: () => Promise<T> } {
  return { promise: work };
}

function bucketOf(store: Store): never {
  return {
    upload: ({ Bucket, Key, Body, ContentType }: ObjectInput) =>
      promised(async () => {
        await store.write(Key, Body, { contentType: ContentType });
        return { Bucket, Key, Location: `https://${Bucket}.s3.amazonaws.com/${Key}` };
      }),
    getObject: ({ Key }: ObjectInput) =>
      promised(async () => ({ Body: Buffer.from(await (await store.read(Key)).bytes()) })),
  } as never;
}

/** Sends by the library; gives what would be sent. */
export function producer(store: Store, extendedLibraryCompatibility: boolean) {
  const sent: Sent[] = [];
  const sqs = {
    sendMessage: (input: Sent) =>
      promised(() => {
        sent.push(input);
        return Promise.resolve({});
      }),
  } as never;
  const options = { queueUrl: "q", largePayloadThoughS3: true, s3Bucket: "b", sqs, s3: bucketOf(store) };
  const library = SqsProducer.create({ ...options, extendedLibraryCompatibility });
  return {
    async send(value: object): Promise<{ body: string; attributes: Record<string, AttributeValue> }> {
      await library.sendJSON(value);
      const { MessageBody: body, MessageAttributes } = sent[0]!;
      const attributes = Object.entries(MessageAttributes).map(([name, { DataType: type, StringValue: value }]) => {
        return [name, { type, value }] as const;
      });
      return { body, attributes: Object.fromEntries(attributes) };
    },
  };
}

/** Receives by the library; gives the payload that its handler is called with. */
export function consumer(store: Store, extendedLibraryCompatibility: boolean) {
  return {
    async receive(body: string, size: number | undefined): Promise<unknown> {
      const received: unknown[] = [];
      const library = SqsConsumer.create({
        queueUrl: "q",
        getPayloadFromS3: true,
        sqs: {} as never,
        s3: bucketOf(store),
        parsePayload: (raw: unknown): unknown => JSON.parse(String(raw)),
        handleMessage: ({ payload }: { payload: unknown }): Promise<void> => {
          received.push(payload);
          return Promise.resolve();
        },
        extendedLibraryCompatibility,
      });
      const attribute = { DataType: "Number", StringValue: String(size) };
      await library.processMessage(
        { Body: body, ...(size !== undefined && { MessageAttributes: { SQSLargePayloadSize: attribute } }) },
        { deleteAfterProcessing: false },
      );
      return received[0];
    },
  };
}
