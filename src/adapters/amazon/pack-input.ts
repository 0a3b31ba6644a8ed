import { createHash } from "node:crypto";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { Packed } from "../messages/packed.js";
import type { CallOptions } from "../../store/store.js";
import { countedAttributes, writtenAttributes, type AmazonAttributes } from "./attributes.js";

/** The input of a send to SQS or a publish to SNS. The two services name the body differently. */
type Sendable = {
  readonly [Name in "MessageBody" | "Message" | "MessageGroupId" | "MessageDeduplicationId"]?: string | undefined;
} & { readonly MessageAttributes?: object | undefined };

/** An input that is ready to send, and the packed message with its stored objects. */
export interface PackedInput<I> {
  readonly input: I;
  readonly packed: Packed;
}

/** The target of an input: the name of the field for the body, and the URL or ARN. FIFO addresses end in `.fifo`. */
export interface Target {
  readonly body: "MessageBody" | "Message";
  readonly address: string | undefined;
}

/** Packs an input. An input that fits is returned unchanged, as the same object. */
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

/**
 * Says whether the service would derive the deduplication id from the body. Only FIFO queues and topics have such an
 * id. A message group alone does not mean FIFO.
 */
function needsId({ MessageGroupId, MessageDeduplicationId }: Sendable, address: string | undefined): boolean {
  if (MessageGroupId === undefined || MessageDeduplicationId !== undefined) return false;
  return address === undefined || address.endsWith(".fifo");
}

/**
 * Returns the id that content-based deduplication would derive from a body: the SHA-256 of the body. Packed bodies
 * differ between two sends of the same message, so the id must come from the original body.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function deduplicationId(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
