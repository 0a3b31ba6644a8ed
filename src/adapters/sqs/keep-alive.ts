import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Clock } from "../../async/clock.js";
import { loaded } from "../amazon/sending.js";
import { meanwhile } from "../messages/handlers/meanwhile.js";
import type { LambdaRecord, ReceivedMessage } from "./received-message.js";

/** Settings to keep a message invisible to others while its payload is read. */
export interface KeepAlive {
  client: SQSClient;
  queueUrl: string;
  /** Milliseconds between two extensions. */
  every: number;
  /** Seconds of invisibility, counted from each extension. */
  by: number;
  /** Clock for extensions. Default: the system clock. */
  clock?: Clock | undefined;
}

/** Waits for a call, and meanwhile extends the message's invisibility. */
export function keptAlive<T>(
  call: Promise<T>,
  message: ReceivedMessage | LambdaRecord,
  { client, queueUrl, every, by, clock }: KeepAlive,
): Promise<T> {
  const ReceiptHandle = "body" in message ? message.receiptHandle : message.ReceiptHandle;
  const input = { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: by };
  const act = async (): Promise<void> => {
    const { ChangeMessageVisibilityCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
    await client.send(new ChangeMessageVisibilityCommand(input));
  };
  return meanwhile(call, { every, act, clock });
}
