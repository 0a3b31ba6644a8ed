import { checkedStore } from "../../is-store.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption, type Observers } from "../../../observe/observer.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";

/** What can be emulated where a store lacks it; see {@link withFeatures}. */
export type Feature = "metadata" | "copy" | "if-absent" | "links";

/** A verb of the store. */
export type Operation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign";

/** Options of {@link withFeatures}. They are read once: to change them later changes nothing. */
export interface FeatureOptions {
  /**
   * Where options that the store can't honour are dropped instead of refused: everywhere (`true`), or in these
   * operations. Only `contentType` and `metadata` of a write are ever dropped: not what decides the outcome. Default
   * `false`.
   */
  loose?: boolean | readonly Operation[] | undefined;
  /** What is emulated if the store lacks it. Default nothing. */
  simulate?: readonly Feature[] | undefined;
  /**
   * Is told of each option that was dropped (`option_dropped`).
   * Default: the observer of the manager whose call it is.
   */
  observer?: ObserverOption | undefined;
}

const OPERATIONS = ["write", "read", "stat", "delete", "list", "copy", "presign"] as const;
const FEATURES = ["metadata", "copy", "if-absent", "links"] as const;

const schema = z.strictObject({
  loose: z._default(
    z.union([z.boolean(), z.array(z.enum(OPERATIONS))], "must be a boolean or a list of operations"),
    false,
  ),
  simulate: z._default(z.array(z.enum(FEATURES)), []),
  observer: observerField,
});

/** The options as the layer works with them. */
export interface FeatureSettings {
  readonly loose: ReadonlySet<Operation>;
  readonly simulate: ReadonlySet<Feature>;
  readonly observer: Observers | undefined;
}

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseFeatureOptions(store: Store, options: FeatureOptions): FeatureSettings {
  checkedStore(store, "withFeatures");
  const { loose, simulate, observer } = parseOptions(schema, options, "withFeatures");
  const all = loose === true ? OPERATIONS : loose === false ? [] : loose;
  return { loose: new Set(all), simulate: new Set(simulate), observer };
}
