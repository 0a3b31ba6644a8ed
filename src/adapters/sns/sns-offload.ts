import type { PublishBatchRequestEntry, PublishCommandInput } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import { StorageError } from "../../errors/error.js";
import type { CallOptions } from "../../store/store.js";
import { countedAttributes } from "../amazon/attributes.js";
import { packInput } from "../amazon/pack-input.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";

/** Options of {@link snsOffload}. */
export type SnsOptions = AdapterOptions<{
  /** The topic, from whose name the channel is taken when none is said, and whether it is a FIFO topic. */
  topicArn?: string | undefined;
}>;

/** Publishes messages that may be too big for SNS. See {@link snsOffload}. */
export interface SnsOffload {
  readonly offloader: MessageOffloader;
  /**
   * Makes an input ready for `PublishCommand` or `PublishBatchCommand`. One that fits is given back itself.
   *
   * @throws {StorageError} `UNSUPPORTED` for what is too big and goes to a phone, or has a text for each protocol
   *   (`MessageStructure: "json"`): their readers can't follow a reference
   */
  pack<I extends PublishCommandInput | PublishBatchRequestEntry>(input: I, options?: CallOptions): Promise<I>;
}

const fields = { topicArn: z.optional(z.string().check(z.minLength(1))) };

/**
 * Packs what is too big for SNS: 256 KiB with attributes, or `limit` where the topic's `MaximumMessageSize` takes more. The
 * queues behind it open messages by `sqsOffload`, with raw delivery or without.
 *
 * Several queues read one message: keep `"expire"`, or name all of them in `{ consumers }`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = snsOffload({ manager, topicArn, ttl: 28 * DAY });
 * await client.send(new PublishCommand(await offload.pack({ TopicArn: topicArn, Message: JSON.stringify(order) })));
 */
export function snsOffload(options: SnsOptions): SnsOffload {
  const { offloader, own } = adapterOffloader(options, {
    owner: "snsOffload",
    fields,
    rules: () => rules.sns,
    channel: ({ topicArn }) => topicArn?.split(":").at(-1),
  });
  return {
    offloader,
    pack: async (input, call) => {
      if (isUnreadable(input)) {
        const attributes = countedAttributes(input.MessageAttributes);
        if (offloader.leaves({ body: input.Message ?? "", attributes })) throw unreadable();
      }
      const address = "TopicArn" in input ? input.TopicArn : own.topicArn;
      return (await packInput(offloader, input, { body: "Message", address }, call)).input;
    },
  };
}

function isUnreadable(input: PublishCommandInput | PublishBatchRequestEntry): boolean {
  return input.MessageStructure === "json" || ("PhoneNumber" in input && input.PhoneNumber !== undefined);
}

function unreadable(): StorageError {
  return new StorageError(
    "UNSUPPORTED",
    'A message for phones, or with MessageStructure "json", is too big for SNS, and its readers can\'t follow a reference: make it smaller.',
    { operation: "pack" },
  );
}
