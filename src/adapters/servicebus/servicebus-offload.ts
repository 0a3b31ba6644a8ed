import type {
  ServiceBusMessage,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSender,
} from "@azure/service-bus";
import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { assertHandler, assertMethods, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { deliver } from "../messages/handlers/deliver.js";
import { isPackedValue } from "../messages/envelope.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import type { MessageError } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import type { PackOptions } from "../messages/options.js";
import { discardAll } from "../messages/send-or-discard.js";
import { NOTHING, type Wire } from "../messages/wire.js";
import { packedOf, sendAll, type PackedMessage } from "./send-all.js";
import { countedMessage, readBody, writtenBody } from "./servicebus-message.js";

/** Options of {@link serviceBusOffload}. */
export type ServiceBusOptions = AdapterOptions<{
  /**
   * `"standard"`, the default, allows 262,144 bytes per message. `"premium"` allows 1,048,576. Set `limit` if the
   * queue takes more.
   */
  tier?: "standard" | "premium" | undefined;
}>;

/** A received message. Its properties show whether another library packed it. */
export type ReceivedMessage = Pick<ServiceBusReceivedMessage, "body"> &
  Partial<Pick<ServiceBusReceivedMessage, "applicationProperties">>;

/** Options of `process`. */
export interface ProcessOptions {
  /** Called with each message that failed. Default: no callback. */
  onFailure?: ((error: unknown, message: ServiceBusReceivedMessage) => void) | undefined;
}

/** Sends and receives messages that may be too big for Service Bus. See {@link serviceBusOffload}. */
export interface ServiceBusOffload {
  readonly offloader: MessageOffloader;
  /** Packs a message for sending or scheduling. A message that fits is returned unchanged, as the same object. */
  pack(message: ServiceBusMessage, options?: CallOptions): Promise<ServiceBusMessage>;
  /**
   * Packs messages by the limit of the sender's own link, and sends them. The messages keep their order, and go in as
   * few batches as possible. After a failure, some objects are deleted: those of messages that are too big, and those
   * of messages without a request. Objects of messages that may have arrived are kept.
   */
  send(sender: ServiceBusSender, messages: ServiceBusMessage | ServiceBusMessage[]): Promise<void>;
  /** Returns the opened body of a message, as the client would return it. @throws {MessageError} */
  open(message: ReceivedMessage, options?: CallOptions): Promise<unknown>;
  /**
   * Makes a handler for `receiver.subscribe` with `autoCompleteMessages: false`. When the given handler resolves, the
   * message is completed and then settled. A message that can't be opened is dead-lettered with its error code. After
   * any other failure, the message is abandoned.
   */
  process(
    receiver: ServiceBusReceiver,
    handler: (body: unknown, message: ServiceBusReceivedMessage) => Promise<void>,
    options?: ProcessOptions,
  ): (message: ServiceBusReceivedMessage) => Promise<void>;
}

const MIB = 1_048_576;
// Most bytes that a batch adds to a single message.
const BATCH_BYTES = 1024;
const fields = { tier: z._default(z.enum(["standard", "premium"]), "standard") };

/**
 * Packs the bodies of messages that are too big for Service Bus. The limit is 256 KB (Standard) or 1 MB (Premium),
 * with all properties. Sessions, duplicate detection and application properties, which filters see, stay.
 *
 * Several subscriptions of a topic read one object. Keep `"expire"`, with a `ttl` that covers the dead letters, or
 * name all subscriptions in `{ consumers }`. `"settle"` is for queues.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = serviceBusOffload({ manager, channel: "orders", retention: "settle", ttl: 30 * DAY });
 * await offload.send(client.createSender("orders"), { body: order, sessionId: order.tenant });
 * const receiver = client.createReceiver("orders");
 * const processMessage = offload.process(receiver, async (body) => save(body));
 * receiver.subscribe({ processMessage, processError }, { autoCompleteMessages: false });
 */
export function serviceBusOffload(options: ServiceBusOptions): ServiceBusOffload {
  const { offloader } = adapterOffloader(options, {
    owner: "serviceBusOffload",
    fields,
    rules: ({ tier }) => (tier === "premium" ? { ...rules.servicebus, maxMessage: MIB } : rules.servicebus),
  });

  const pack = async (message: ServiceBusMessage, call: PackOptions = {}): Promise<PackedMessage> => {
    assertObject(message, "serviceBusOffload", "message");
    const written = writtenBody(message.body);
    if (written === undefined) return { message };
    const wire = countedMessage(message, written);
    // As bytes, since the client would serialise a text as JSON again. A compressed body of bytes also needs no
    // base64.
    const body = Buffer.from(written as Uint8Array);
    const packed = await offloader.pack({ ...wire, body }, call);
    if (packed.body === body) return { message };
    const added = [...packed.attributes].filter(([name]) => !wire.attributes.has(name));
    const applicationProperties = { ...message.applicationProperties, ...Object.fromEntries(added) };
    return { message: { ...message, body: packed.body, applicationProperties } as ServiceBusMessage, packed };
  };

  const open = async (message: ReceivedMessage, call?: CallOptions): Promise<unknown> => {
    assertObject(message, "serviceBusOffload", "message");
    // Without anything to open, only the options of the call are checked.
    const wire = receivedWire(offloader, message) ?? NOTHING;
    if (wire === NOTHING && call === undefined) return message.body;
    const opened = await offloader.unpack(wire, call);
    return opened.offloaded ? readBody(opened.body) : message.body;
  };

  return {
    offloader,
    pack: async (message, call) => (await pack(message, call)).message,
    open,
    send: async (sender, messages) => {
      assertMethods(sender, "send", "sender", "createMessageBatch", "sendMessages");
      const batch = await sender.createMessageBatch();
      const limit = batch.maxSizeInBytes - BATCH_BYTES;
      const ready: PackedMessage[] = [];
      try {
        for (const message of [messages].flat()) ready.push(await pack(message, { limit }));
      } catch (error) {
        await discardAll(packedOf(ready));
        throw error;
      }
      await sendAll(sender, ready, batch);
    },
    process: (receiver, handler, given = {}) => {
      const { onFailure } = handlingOptions(given, ["onFailure"], "process");
      assertMethods(receiver, "process", "receiver", "completeMessage", "abandonMessage", "deadLetterMessage");
      assertHandler(handler, "process");
      return (message) =>
        deliver(offloader, {
          open: () => open(message),
          handle: (body) => handler(body, message),
          acknowledge: () => receiver.completeMessage(message),
          settle: async () => {
            const wire = receivedWire(offloader, message);
            if (wire !== undefined) await offloader.settle(wire);
          },
          fail: (error, why) => {
            onFailure?.(error, message);
            if (why !== "reject") return receiver.abandonMessage(message);
            const deadLetterErrorDescription = "The payload can't be opened.";
            const { code: deadLetterReason } = error as MessageError;
            return receiver.deadLetterMessage(message, { deadLetterReason, deadLetterErrorDescription });
          },
        });
    },
  };
}

/** Returns a received message as a wire message. The client parses JSON bodies and leaves other bytes unchanged. */
function receivedWire(
  offloader: MessageOffloader,
  { body, applicationProperties = {} }: ReceivedMessage,
): Wire | undefined {
  const attributes = new Map(Object.entries(applicationProperties)) as Wire["attributes"];
  if (body instanceof Uint8Array) return { body, attributes };
  if (isPackedValue(body)) return { body: JSON.stringify(body), attributes };
  // Some other libraries send an empty body.
  return offloader.readsOthers ? { body: body === undefined ? "" : JSON.stringify(body), attributes } : undefined;
}
