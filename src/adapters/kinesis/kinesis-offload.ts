import type { PutRecordsRequestEntry } from "@aws-sdk/client-kinesis";
import * as z from "zod/mini";
import { text } from "../../configure/fields.js";
import type { CallOptions } from "../../store/store.js";
import { assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import type { Wire } from "../messages/wire.js";

/** Options of {@link kinesisOffload}. There is no `hint`, since a record has no attributes. */
export type KinesisOptions = Omit<
  AdapterOptions<{
    /** The stream. Without the option `channel`, the name of the stream is the channel. */
    streamName?: string | undefined;
  }>,
  "hint"
>;

/** Sends and receives records that may be too big for Kinesis. See {@link kinesisOffload}. */
export interface KinesisOffload {
  readonly offloader: MessageOffloader;
  /**
   * Packs an entry, or the input of `PutRecordCommand`. Only its `Data` changes. An entry that fits is returned
   * unchanged, as the same object.
   */
  pack<E extends PutRecordsRequestEntry>(entry: E, options?: CallOptions): Promise<E>;
  /**
   * Splits packed entries into batches, one for each `PutRecordsCommand`. A batch has at most 500 entries, and 10 MiB
   * with their keys.
   */
  batches<E extends PutRecordsRequestEntry>(entries: readonly E[]): Generator<E[], void, undefined>;
  /**
   * Opens the data of a record. Data that is not packed is returned unchanged, as the same object.
   *
   * @throws {MessageError}
   */
  open(data: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
}

const fields = { streamName: z.optional(text) };

/**
 * Packs the data of records that are too big for Kinesis. The limit is 1 MiB with the partition key. Set `limit` if
 * the stream's `MaxRecordSizeInKiB` allows more. Keys stay, and with them shards and their order.
 *
 * Readers go back to their checkpoints. Objects therefore end by age, with a `ttl` of at least the retention of the
 * stream.
 *
 * @throws {StorageError} `CONFIG_INVALID`, also for a retention other than `"expire"`
 * @example
 * const offload = kinesisOffload({ manager, streamName: "orders", ttl: 8 * DAY });
 * const entry = await offload.pack({ PartitionKey: order.id, Data: Buffer.from(JSON.stringify(order)) });
 * await client.send(new PutRecordsCommand({ StreamName: "orders", Records: [entry] }));
 */
export function kinesisOffload(options: KinesisOptions): KinesisOffload {
  const { offloader } = adapterOffloader(options, {
    owner: "kinesisOffload",
    fields,
    refused: ["hint"],
    rules: () => rules.kinesis,
    carries: "body",
    channel: ({ streamName }) => streamName,
    defaults: () => ({ hint: false }),
  });
  return {
    offloader,
    pack: async (entry, call) => {
      const wire = countedRecord(entry);
      if (entry.Data === undefined) return entry;
      const { body } = await offloader.pack(wire, call);
      return body === entry.Data ? entry : { ...entry, Data: body as Uint8Array };
    },
    batches: (entries) => offloader.batches(entries, countedRecord),
    open: async (data, call) => {
      const { body } = await offloader.unpack({ body: data, attributes: new Map() }, call);
      return body as Uint8Array;
    },
  };
}

function countedRecord(entry: PutRecordsRequestEntry): Wire {
  assertObject(entry, "kinesisOffload", "entry");
  const { Data = new Uint8Array(), PartitionKey } = entry;
  return { body: Data, attributes: new Map(), key: PartitionKey };
}
