import * as z from "zod/mini";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";
import { copyReadFields, type CopyReadOptions } from "../failover/options.js";
import { storesSchema } from "../replicas/replica.js";

/** How many stores must have taken a write before it is acknowledged: all of them, more than half of them, or one. */
export type Acknowledge = "all" | "quorum" | "first";

/** Options of {@link ReplicatedStore}. */
export interface ReplicatedStoreOptions extends CopyReadOptions {
  /** The stores by name, in the order in which they are read. At least one. */
  stores: Readonly<Record<string, Store>>;
  /** How many stores must have taken a write before it is acknowledged. Default `"all"`. */
  acknowledge?: Acknowledge | undefined;
}

const schema = z.strictObject({
  ...copyReadFields,
  stores: storesSchema,
  acknowledge: z._default(z.enum(["all", "quorum", "first"]), "all"),
});

export type ReplicatedSettings = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseReplicatedStoreOptions(options: ReplicatedStoreOptions): ReplicatedSettings {
  return parseOptions(schema, options, "ReplicatedStore");
}

/** Returns how many of `count` stores must take a write. */
export function neededOf(acknowledge: Acknowledge, count: number): number {
  if (acknowledge === "all") return count;
  return acknowledge === "first" ? 1 : Math.floor(count / 2) + 1;
}
