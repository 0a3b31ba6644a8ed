import type { PutRecordsRequestEntry } from "@aws-sdk/client-kinesis";
import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import type { Wire } from "../messages/wire.js";

/** Options of {@link kinesisOffload}. There is no `hint`: a record has no attributes. */
export type KinesisOptions = Omit<
  AdapterOptions<{
    /** The stream, from whose name the channel is taken when none is said. */
    streamName?: string | undefined;
  }>,
  "hint"
>;

/** Sends and receives records that may be too big for Kinesis. See {@link kinesisOffload}. */
export interface KinesisOffload {
  readonly offloader: MessageOffloader;
  /** Makes an entry, or the input of `PutRecordCommand`, ready: its `Data` alone changes. One that fits is given back itself. */
  pack<E extends PutRecordsRequestEntry>(entry: E, options?: CallOptions): Promise<E>;
  /** Splits entries that were packed into those of one `PutRecordsCommand` each: 500, and 10 MiB with their keys. */
  batches<E extends PutRecordsRequestEntry>(entries: readonly E[]): Generator<E[], void, undefined>;
  /** Opens the data of a record. Data that was not packed is given back itself. @throws {MessageError} */
  open(data: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
}

const fields = {
  streamName: z.optional(z.string().check(z.minLength(1))),
};

/**
 * Packs the data of records that are too big for Kinesis: 1 MiB with the partition key, or `limit` where the stream's
 * `MaxRecordSizeInKiB` takes more. Keys, and so shards and their order, stay.
 *
 * Readers go back to their checkpoints: objects end by age, with a `ttl` of at least the retention of the stream.
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
    channel: ({ streamName }) => streamName,
    defaults: () => ({ hint: false }),
  });
  return {
    offloader,
    pack: async (entry, call) => {
      if (entry.Data === undefined) return entry;
      const wire = countedRecord(entry);
      if (!offloader.leaves(wire)) return entry;
      const { body } = await offloader.pack(wire, call);
      return { ...entry, Data: body as Uint8Array };
    },
    batches: (entries) => offloader.batches(entries, countedRecord),
    open: async (data, call) => {
      const { body } = await offloader.unpack({ body: data, attributes: new Map() }, call);
      return body as Uint8Array;
    },
  };
}

function countedRecord({ Data = new Uint8Array(), PartitionKey }: PutRecordsRequestEntry): Wire {
  return { body: Data, attributes: new Map(), key: PartitionKey };
}
