import type {
  SendMessageBatchCommandOutput,
  SendMessageBatchRequestEntry,
  SendMessageCommandInput,
  SendMessageCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { packInput, type PackedInput } from "../amazon/pack-input.js";
import { loaded, wasRefused } from "../amazon/sending.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { sendOrDiscard } from "../messages/send-or-discard.js";
import { keptAlive, type KeepAlive } from "./keep-alive.js";
import { received, type LambdaRecord, type ReceivedMessage } from "./received-message.js";
import { sendInBatches, type BatchResult } from "./send-batch.js";

/** Options of {@link sqsOffload}. */
export type SqsOptions = AdapterOptions<{
  /** The queue, from whose name the channel is taken when none is said, and whether it is a FIFO queue. */
  queueUrl?: string | undefined;
}>;

/** Options of one `open`. */
export interface OpenOptions extends CallOptions {
  /** Makes the message invisible for longer while its payload is read, in a receive loop of your own. */
  keepAlive?: KeepAlive | undefined;
}

/** What is sent: of a command, or of an entry in a batch. */
type Sendable = SendMessageCommandInput | SendMessageBatchRequestEntry;

/** Sends and receives messages of SQS that may be too big for it. See {@link sqsOffload}. */
export interface SqsOffload {
  readonly offloader: MessageOffloader;
  /** Makes an input ready for `SendMessageCommand` or `SendMessageBatchCommand`. One that fits is given back itself. */
  pack<I extends Sendable>(input: I, options?: CallOptions): Promise<I>;
  /** Packs and sends. What was stored is deleted when SQS refuses the message, and kept when it may have arrived. */
  send(client: SQSClient, input: SendMessageCommandInput, options?: CallOptions): Promise<SendMessageCommandOutput>;
  /**
   * Packs all entries, then sends them in as few requests as the limits allow, in their order. A request that fails
   * before any other succeeded rejects; a later one is in `Failed`, each of its entries with the name of the error.
   */
  sendBatch(
    client: SQSClient,
    queueUrl: string,
    entries: readonly SendMessageBatchRequestEntry[],
    options?: CallOptions,
  ): Promise<Pick<SendMessageBatchCommandOutput, "Successful" | "Failed">>;
  /**
   * Opens a message as it was received, of `ReceiveMessage` or of Lambda; also one that SNS has put into its own
   * envelope. One that was not packed is given back itself.
   *
   * @throws {MessageError}
   */
  open<M extends ReceivedMessage | LambdaRecord>(message: M, options?: OpenOptions): Promise<M>;
  /** Deletes what a message leads to, as the retention says: after `DeleteMessage`, for the message as it was received. */
  settle(message: ReceivedMessage | LambdaRecord, options?: CallOptions): Promise<void>;
}

const fields = { queueUrl: z.optional(z.string().check(z.minLength(1))) };

/**
 * Packs what is too big for SQS (1 MiB with attributes, a batch too), and opens what arrives.
 *
 * With `"expire"`, `ttl` must be the retention of the queue and of its dead-letter queue together: up to 14 + 14 days.
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

  const prepare = <I extends Sendable>(input: I, call?: CallOptions, url = own.queueUrl): Promise<PackedInput<I>> =>
    packInput(offloader, input, { body: "MessageBody", address: "QueueUrl" in input ? input.QueueUrl : url }, call);

  return {
    offloader,
    pack: async (input, call) => (await prepare(input, call)).input,
    send: async (client, input, call) => {
      const { SendMessageCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
      const ready = await prepare(input, call);
      const command = new SendMessageCommand(ready.input);
      return sendOrDiscard([ready.packed], () => client.send(command, abortSignal(call)), wasRefused);
    },
    sendBatch: async (client, queueUrl, entries, call) => {
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
    open: async (message, { keepAlive, ...call } = {}) => {
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
