import type { ChangeMessageVisibilityCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import { systemClock, type Clock } from "../../async/clock.js";
import { loaded } from "../amazon/sending.js";
import type { LambdaRecord, ReceivedMessage } from "./received-message.js";

/** How a message is kept from others while its payload is read. */
export interface KeepAlive {
  client: SQSClient;
  queueUrl: string;
  /** Milliseconds between two extensions. */
  every: number;
  /** Seconds that the message is invisible from each extension on. */
  by: number;
  /** Where the time comes from; default the system's. */
  clock?: Clock | undefined;
}

/** Waits for a call, and makes the message invisible for longer meanwhile. An extension that fails does not end the call. */
export async function keptAlive<T>(
  call: Promise<T>,
  message: ReceivedMessage | LambdaRecord,
  { client, queueUrl, every, by, clock = systemClock }: KeepAlive,
): Promise<T> {
  const ReceiptHandle = "body" in message ? message.receiptHandle : message.ReceiptHandle;
  let timer: unknown;
  const extendLater = (): void => {
    timer = clock.setTimeout(() => {
      extend(client, { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: by });
      extendLater();
    }, every);
  };
  extendLater();
  try {
    return await call;
  } finally {
    clock.clearTimeout(timer);
  }
}

function extend(client: SQSClient, input: ChangeMessageVisibilityCommandInput): void {
  loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs")
    .then(({ ChangeMessageVisibilityCommand }) => client.send(new ChangeMessageVisibilityCommand(input)))
    .catch(() => undefined); // the worst is that the message is delivered again
}
