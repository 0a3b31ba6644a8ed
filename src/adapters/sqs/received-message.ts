import { assertObject } from "../../options/argument.js";
import { countedAttributes, type AmazonAttribute } from "../amazon/attributes.js";
import { notificationIn, type Notification } from "../amazon/notification.js";
import type { Wire } from "../messages/wire.js";

/** A message from `ReceiveMessage`. */
export interface ReceivedMessage {
  MessageId?: string | undefined;
  ReceiptHandle?: string | undefined;
  Body?: string | undefined;
  MessageAttributes?: Readonly<Record<string, Partial<AmazonAttribute>>> | undefined;
}

/** A message in a Lambda event. */
export interface LambdaRecord {
  messageId: string;
  receiptHandle?: string | undefined;
  body: string;
  messageAttributes?: Readonly<Record<string, LambdaAttribute>> | undefined;
}

interface LambdaAttribute {
  dataType: string;
  stringValue?: string | undefined;
  binaryValue?: string | undefined;
}

/** A received message as a wire message. `restored` puts an opened message back into the original form. */
export interface Received<M> {
  readonly wire: Wire;
  readonly restored: (opened: Wire) => M;
}

/** Reads a message in the casing of SQS or of Lambda. In an SNS envelope, reads the published message. */
export function received<M extends ReceivedMessage | LambdaRecord>(message: M): Received<M> {
  assertObject(message, "sqsOffload", "message");
  const outer: Received<unknown> = "body" in message ? ofLambda(message) : ofQueue(message);
  return (notification(outer) ?? outer) as Received<M>;
}

function ofQueue(message: ReceivedMessage): Received<ReceivedMessage> {
  const { Body, MessageAttributes } = message;
  return {
    wire: { body: Body ?? "", attributes: countedAttributes(MessageAttributes) },
    restored: ({ body, attributes }) => ({
      ...message,
      Body: body as string,
      ...(MessageAttributes !== undefined && { MessageAttributes: kept(MessageAttributes, attributes) }),
    }),
  };
}

function ofLambda(record: LambdaRecord): Received<LambdaRecord> {
  const given = record.messageAttributes ?? {};
  const attributes = Object.entries(given).map(([name, { dataType, stringValue, binaryValue }]) => {
    return [name, { type: dataType, value: stringValue ?? Buffer.from(binaryValue ?? "", "base64") }] as const;
  });
  return {
    wire: { body: record.body, attributes: new Map(attributes) },
    restored: ({ body, attributes: left }) => ({
      ...record,
      body: body as string,
      ...(record.messageAttributes !== undefined && { messageAttributes: kept(given, left) }),
    }),
  };
}

function notification<M>({ wire, restored }: Received<M>): Received<M> | undefined {
  const value = notificationIn(wire.body as string);
  if (value === undefined) return undefined;
  const inner = published(value);
  return {
    wire: inner.wire,
    restored: (opened) => restored({ ...wire, body: JSON.stringify(inner.restored(opened)) }),
  };
}

/** Reads a message from an SNS notification. */
export function published<N extends Notification>(notice: N): Received<N> {
  const { Message: body, MessageAttributes: given = {} } = notice;
  const attributes = Object.entries(given).map(([name, { Type, Value }]) => {
    return [name, { type: Type, value: Type.startsWith("Binary") ? Buffer.from(Value, "base64") : Value }] as const;
  });
  return {
    wire: { body, attributes: new Map(attributes) },
    restored: (opened) => ({
      ...notice,
      Message: opened.body as string,
      ...(notice.MessageAttributes !== undefined && { MessageAttributes: kept(given, opened.attributes) }),
    }),
  };
}

/** Returns the attributes that are still there. */
function kept<T>(given: Readonly<Record<string, T>>, left: Wire["attributes"]): Record<string, T> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => left.has(name)));
}
