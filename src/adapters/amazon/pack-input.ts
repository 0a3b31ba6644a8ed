import { createHash } from "node:crypto";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { Packed } from "../messages/packed.js";
import type { CallOptions } from "../../store/store.js";
import { countedAttributes, writtenAttributes, type AmazonAttributes } from "./attributes.js";

/** What is sent to SQS or published to SNS, which call the body differently. */
type Sendable = {
  readonly [Name in "MessageBody" | "Message" | "MessageGroupId" | "MessageDeduplicationId"]?: string | undefined;
} & { readonly MessageAttributes?: object | undefined };

/** An input that is ready to be sent, and what was stored for it. */
export interface PackedInput<I> {
  readonly input: I;
  readonly packed: Packed;
}

/** Where an input goes: the name of the field that has its body, and the URL or ARN, of which a FIFO one ends in `.fifo`. */
export interface Target {
  readonly body: "MessageBody" | "Message";
  readonly address: string | undefined;
}

/** Packs an input. One that fits is given back itself. */
export async function packInput<I extends object>(
  offloader: MessageOffloader,
  input: I,
  { body: name, address }: Target,
  call: CallOptions | undefined,
): Promise<PackedInput<I>> {
  const sendable: Sendable = input;
  const body = sendable[name] ?? "";
  const given = sendable.MessageAttributes as AmazonAttributes | undefined;
  const attributes = countedAttributes(given);
  const packed = await offloader.pack({ body, attributes }, call);
  if (packed.body === body && packed.attributes === attributes) return { input, packed };
  const written = writtenAttributes(packed.attributes, given, attributes);
  const ready = {
    ...input,
    [name]: packed.body,
    ...(packed.attributes.size > 0 && { MessageAttributes: written }),
    ...(needsId(sendable, address) && { MessageDeduplicationId: deduplicationId(body) }),
  };
  return { input: ready, packed };
}

/** Whether the service would make the id of the body: only FIFO queues and topics have one, and a group alone makes none FIFO. */
function needsId({ MessageGroupId, MessageDeduplicationId }: Sendable, address: string | undefined): boolean {
  if (MessageGroupId === undefined || MessageDeduplicationId !== undefined) return false;
  return address === undefined || address.endsWith(".fifo");
}

/**
 * What content-based deduplication would make of a body (the SHA-256 of it): a packed one differs between two sends of the
 * same message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function deduplicationId(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
