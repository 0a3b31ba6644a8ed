import { systemClock } from "../../async/clock.js";
import { assertArgument, assertHandler } from "../../options/argument.js";
import { hasMethods } from "../../options/fields.js";
import { isPackedValue } from "../messages/envelope.js";
import { valueOfText } from "../messages/json-value.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import { isPoison } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";
import type { Wire } from "../messages/wire.js";
import type { AmqpOffload } from "./amqp-offload.js";
import { later, type ConsumeOptions } from "./consume.js";

/** A message of `rabbitmq-client`. The body is bytes, a text, or a parsed value if the content type is JSON. */
export interface RabbitMessage {
  body?: unknown;
  headers?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of {@link rabbitHandler}. */
export type RabbitHandlerOptions<M> = Omit<ConsumeOptions<M>, "consumer">;

// Values of `ConsumerStatus`: requeue, and drop, which dead-letters the message.
const REQUEUE = 1;
const DROP = 2;

/**
 * Makes a handler for `createConsumer` of `rabbitmq-client` that gets opened messages. A message that can't be opened
 * is dropped, which dead-letters it. If the store did not answer, the message is requeued after `retryAfter` instead.
 * If the handler fails, the client requeues the message, unless its option `requeue` is `false`. The client
 * acknowledges after the handler returns, so nothing can be settled and objects end by age.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * rabbit.createConsumer({ queue: "orders" }, rabbitHandler(offload, async ({ body }) => save(body)));
 */
export function rabbitHandler<M extends RabbitMessage, A extends unknown[], R>(
  offload: AmqpOffload,
  handler: (message: M, ...more: A) => Promise<R> | R,
  options: RabbitHandlerOptions<M> = {},
): (message: M, ...more: A) => Promise<R | typeof REQUEUE | typeof DROP | undefined> {
  const names = ["retryAfter", "onFailure", "clock"] as const;
  const { retryAfter = 5000, onFailure, clock = systemClock } = handlingOptions(options, names, "rabbitHandler");
  assertArgument(hasMethods("open", "settle")(offload), "rabbitHandler", "offload: must be what amqpOffload returned");
  assertHandler(handler, "rabbitHandler");
  const { offloader } = offload;
  return async (message, ...more) => {
    const { body, headers = {} } = message;
    const attributes = new Map(Object.entries(headers)) as Wire["attributes"];
    const isValue = typeof body !== "string" && !(body instanceof Uint8Array);
    const written = isValue ? writtenValue(offloader, body) : body;
    if (written === undefined) return await handler(message, ...more);
    let found;
    try {
      const wire = { body: written, attributes };
      found = await unlessProcessed(offloader, offloader.unpack(wire));
    } catch (error) {
      onFailure?.(error, message);
      if (isPoison(error)) return DROP;
      await later(clock, retryAfter);
      return REQUEUE;
    }
    if (found === undefined) return undefined;
    const { opened } = found;
    if (!opened.offloaded) return await handler(message, ...more);
    const whole = isValue ? valueOfText(opened.body as string) : opened.body;
    const left = Object.fromEntries(Object.entries(headers).filter(([name]) => opened.attributes.has(name)));
    return await handler({ ...message, body: whole, headers: left }, ...more);
  };
}

/** Returns the JSON that a value was read from, if the value may be a packed message. */
function writtenValue(offloader: MessageOffloader, value: unknown): string | undefined {
  return isPackedValue(value) || offloader.readsOthers ? JSON.stringify(value) : undefined;
}
