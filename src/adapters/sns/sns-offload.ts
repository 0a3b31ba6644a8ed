import type { PublishBatchRequestEntry, PublishCommandInput } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import { StorageError } from "../../errors/error.js";
import type { CallOptions } from "../../store/store.js";
import { assertObject } from "../../options/argument.js";
import { countedAttributes } from "../amazon/attributes.js";
import { packInput } from "../amazon/pack-input.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";

/** Options of {@link snsOffload}. */
export type SnsOptions = AdapterOptions<{
  /** The topic. Its name tells whether it is FIFO. Without the option `channel`, the name is also the channel. */
  topicArn?: string | undefined;
}>;

/** Publishes messages that may be too big for SNS. See {@link snsOffload}. */
export interface SnsOffload {
  readonly offloader: MessageOffloader;
  /**
   * Packs an input for `PublishCommand` or `PublishBatchCommand`. An input that fits is returned unchanged, as the
   * same object.
   *
   * @throws {StorageError} `UNSUPPORTED` for an input that is too big and goes to a phone, or has a text for each
   *   protocol (`MessageStructure: "json"`). Their readers can't follow a reference.
   */
  pack<I extends PublishCommandInput | PublishBatchRequestEntry>(input: I, options?: CallOptions): Promise<I>;
}

const fields = { topicArn: z.optional(z.string().check(z.minLength(1))) };

/**
 * Packs messages that are too big for SNS. The limit is 256 KiB with attributes. Set `limit` if the topic's
 * `MaximumMessageSize` allows more. The topic's queues open the messages by `sqsOffload`, with or without raw
 * delivery.
 *
 * Several queues read one message. Keep `"expire"`, or name all queues in `{ consumers }`.
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
      assertObject(input, "snsOffload", "input");
      if (isUnreadable(input)) {
        const attributes = countedAttributes(input.MessageAttributes);
        if (offloader.leaves({ body: input.Message ?? "", attributes }, call)) throw unreadable();
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
