import type {
  SendMessageBatchCommandOutput,
  SendMessageBatchRequestEntry,
  SendMessageCommandInput,
  SendMessageCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { assertArgument, assertArray, assertMethods, assertObject } from "../../options/argument.js";
import { packInput, type PackedInput } from "../amazon/pack-input.js";
import { loaded, wasRefused } from "../amazon/sending.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { NOTHING } from "../messages/wire.js";
import { sendOrDiscard } from "../messages/send-or-discard.js";
import { keptAlive, type KeepAlive } from "./keep-alive.js";
import { received, type LambdaRecord, type ReceivedMessage } from "./received-message.js";
import { sendInBatches, type BatchResult } from "./send-batch.js";

/** Options of {@link sqsOffload}. */
export type SqsOptions = AdapterOptions<{
  /** The queue. Its name tells whether it is FIFO. Without the option `channel`, the name is also the channel. */
  queueUrl?: string | undefined;
}>;

/** Options of one `open`. */
export interface OpenOptions extends CallOptions {
  /** Extends the message's invisibility while its payload is read. For a receive loop of your own. */
  keepAlive?: KeepAlive | undefined;
}

/** Input of a send command, or an entry of a batch. */
type Sendable = SendMessageCommandInput | SendMessageBatchRequestEntry;

/** Sends and receives messages that may be too big for SQS. See {@link sqsOffload}. */
export interface SqsOffload {
  readonly offloader: MessageOffloader;
  /**
   * Packs an input for `SendMessageCommand` or `SendMessageBatchCommand`. An input that fits is returned unchanged,
   * as the same object.
   */
  pack<I extends Sendable>(input: I, options?: CallOptions): Promise<I>;
  /**
   * Packs and sends a message. Its objects are deleted if SQS refuses the message, and kept if the message may have
   * arrived.
   */
  send(client: SQSClient, input: SendMessageCommandInput, options?: CallOptions): Promise<SendMessageCommandOutput>;
  /**
   * Packs all entries, then sends them in their order, in as few requests as the limits allow. If a request fails
   * before any other has succeeded, the call rejects. The entries of a request that fails later are in `Failed`, each
   * with the name of the error.
   */
  sendBatch(
    client: SQSClient,
    queueUrl: string,
    entries: readonly SendMessageBatchRequestEntry[],
    options?: CallOptions,
  ): Promise<Pick<SendMessageBatchCommandOutput, "Successful" | "Failed">>;
  /**
   * Opens a received message, from `ReceiveMessage` or from Lambda. Also opens a message in an SNS envelope. A
   * message that is not packed is returned unchanged, as the same object.
   *
   * @throws {MessageError}
   */
  open<M extends ReceivedMessage | LambdaRecord>(message: M, options?: OpenOptions): Promise<M>;
  /**
   * Deletes the objects of a message, as the retention says. Call it after `DeleteMessage`, with the message as
   * received.
   */
  settle(message: ReceivedMessage | LambdaRecord, options?: CallOptions): Promise<void>;
}

const KEEP_ALIVE = ["client", "queueUrl", "every", "by", "clock"] as const;
const fields = { queueUrl: z.optional(z.string().check(z.minLength(1))) };

/**
 * Packs messages that are too big for SQS, and opens received messages. The limit is 1 MiB with attributes, also for
 * a batch.
 *
 * With `"expire"`, `ttl` must be at least the sum of two retentions: that of the queue and that of its dead-letter
 * queue. The sum is up to 14 + 14 days.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = sqsOffload({ manager, queueUrl, ttl: 28 * DAY });
 * await offload.send(client, { QueueUrl: queueUrl, MessageBody: JSON.stringify(order) });
 */
export function sqsOffload(options: SqsOptions): SqsOffload {
  const { offloader, own } = adapterOffloader(options, {
    owner: "sqsOffload",
    fields,
    rules: () => rules.sqs,
    channel: ({ queueUrl }) => queueUrl?.split("/").at(-1),
  });

  const prepare = <I extends Sendable>(input: I, call?: CallOptions, url = own.queueUrl): Promise<PackedInput<I>> => {
    assertObject(input, "sqsOffload", "input");
    const address = "QueueUrl" in input ? input.QueueUrl : url;
    return packInput(offloader, input, { body: "MessageBody", address }, call);
  };

  return {
    offloader,
    pack: async (input, call) => (await prepare(input, call)).input,
    send: async (client, input, call) => {
      assertMethods(client, "send", "client", "send");
      const { SendMessageCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
      const ready = await prepare(input, call);
      const command = new SendMessageCommand(ready.input);
      return sendOrDiscard([ready.packed], () => client.send(command, abortSignal(call)), wasRefused);
    },
    sendBatch: async (client, queueUrl, entries, call) => {
      assertMethods(client, "sendBatch", "client", "send");
      assertArgument(typeof queueUrl === "string", "sendBatch", "queueUrl: must be a string");
      assertArray(entries, "sendBatch", "entries");
      if (call !== undefined) offloader.leaves(NOTHING, call); // checks the options of the call
      const { SendMessageBatchCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
      return sendInBatches(entries, {
        offloader,
        signal: call?.signal,
        isOrdered: queueUrl.endsWith(".fifo"),
        pack: (entry) => prepare(entry, call, queueUrl),
        send: (Entries): Promise<BatchResult> =>
          client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }), abortSignal(call)),
      });
    },
    open: async (message, options = {}) => {
      assertObject(options, "open", "options");
      const { keepAlive: given, ...call } = options;
      const keepAlive = given && handlingOptions(given, KEEP_ALIVE, "keepAlive");
      const { wire, restored } = received(message);
      const opening = offloader.unpack(wire, call);
      const opened = keepAlive === undefined ? await opening : await keptAlive(opening, message, keepAlive);
      return opened.offloaded ? restored(opened) : message;
    },
    settle: async (message, call) => {
      await offloader.settle(received(message).wire, call);
    },
  };
}

function abortSignal(call: CallOptions | undefined): { abortSignal?: AbortSignal } {
  return call?.signal === undefined ? {} : { abortSignal: call.signal };
}
