import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { CallOptions } from "../../store/store.js";
import { assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { bodyOfValue, openJsonValue } from "../messages/json-value.js";
import { rules } from "../messages/rules.js";
import { NOTHING, type AttributeValue, type Wire } from "../messages/wire.js";

/** Options of {@link eventBridgeOffload}. There is no `hint`, since an event has no attributes. */
export type EventBridgeOptions = Omit<AdapterOptions, "hint">;

/** Sends and receives events that may be too big for EventBridge. See {@link eventBridgeOffload}. */
export interface EventBridgeOffload {
  readonly offloader: MessageOffloader;
  /**
   * Packs an entry for `PutEventsCommand`. Only its `Detail` changes. An entry that fits is returned unchanged, as
   * the same object.
   */
  pack<E extends PutEventsRequestEntry>(entry: E, options?: CallOptions): Promise<E>;
  /**
   * Splits packed entries into batches, one for each `PutEventsCommand`. After a response with failures, send the
   * same entries again, without packing them again.
   */
  batches<E extends PutEventsRequestEntry>(entries: readonly E[]): Generator<E[], void, undefined>;
  /**
   * Opens an event that a target has received. An event that is not packed is returned unchanged, as the same object.
   *
   * @throws {MessageError}
   */
  open<E extends { detail: unknown }>(event: E, options?: CallOptions): Promise<E>;
  /** Deletes the objects of an event, as the retention says. Call it with the event as received. */
  settle(event: { detail: unknown }, options?: CallOptions): Promise<void>;
}

/**
 * Packs the details of events that are too big for EventBridge. The limit is 256 KiB for an entry, and also for a
 * batch. `Detail` stays a JSON object. Its small keys and those of `keep` stay where rules look for them.
 *
 * Several targets read one event, and archives replay events. Keep `"expire"`, with a `ttl` that covers the archive.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = eventBridgeOffload({ manager, channel: "orders", ttl: 30 * DAY, keep: ["tenant"] });
 * const entry = { Source: "shop", DetailType: "order", Detail: JSON.stringify(order) };
 * await client.send(new PutEventsCommand({ Entries: [await offload.pack(entry)] }));
 */
export function eventBridgeOffload(options: EventBridgeOptions): EventBridgeOffload {
  const { offloader } = adapterOffloader(options, {
    owner: "eventBridgeOffload",
    refused: ["hint"],
    rules: () => rules.eventbridge,
    carries: "value",
    defaults: () => ({ hint: false }),
  });
  return {
    offloader,
    pack: async (entry, call) => {
      const wire = countedEntry(entry);
      if (entry.Detail === undefined) return entry;
      const { body } = await offloader.pack(wire, call);
      return body === entry.Detail ? entry : { ...entry, Detail: body as string };
    },
    batches: (entries) => offloader.batches(entries, countedEntry),
    open: async (event, call) => {
      assertObject(event, "eventBridgeOffload", "event");
      const detail = await openJsonValue(offloader, event.detail, call);
      return detail === event.detail ? event : { ...event, detail };
    },
    settle: async (event, call) => {
      assertObject(event, "eventBridgeOffload", "event");
      await offloader.settle({ ...NOTHING, body: bodyOfValue(offloader, event.detail) ?? "" }, call);
    },
  };
}

function countedEntry(entry: PutEventsRequestEntry): Wire {
  assertObject(entry, "eventBridgeOffload", "entry");
  const { Detail = "", Source, DetailType, Time, Resources = [] } = entry;
  const attributes = new Map<string, AttributeValue>();
  if (Source !== undefined) attributes.set("Source", Source);
  if (DetailType !== undefined) attributes.set("DetailType", DetailType);
  if (Time !== undefined) attributes.set("Time", "");
  for (const [index, resource] of Resources.entries()) attributes.set(`Resources.${index}`, resource);
  return { body: Detail, attributes };
}
