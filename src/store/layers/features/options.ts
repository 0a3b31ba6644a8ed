import { STORE_VERBS } from "../../capability.js";
import { checkedStore } from "../../is-store.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption, type Observers } from "../../../observe/observer.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";

/** A feature that can be emulated if a store lacks it; see {@link withFeatures}. */
export type Feature = "metadata" | "copy" | "if-absent" | "links";

/** A verb of the store. */
export type Operation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign";

/** Options of {@link withFeatures}. They are read once, so a later change of the object has no effect. */
export interface FeatureOptions {
  /**
   * The operations that drop options which the store can't honour, and do not refuse them: all (`true`), or these.
   * Only `contentType` and `metadata` of a write are ever dropped. An option that decides the outcome is not. Default
   * `false`.
   */
  loose?: boolean | readonly Operation[] | undefined;
  /** The features that are emulated if the store lacks them. Default none. */
  simulate?: readonly Feature[] | undefined;
  /**
   * Hears of each option that was dropped (`option_dropped`). Default: the observer of the manager that makes the
   * call.
   */
  observer?: ObserverOption | undefined;
}

const FEATURES = ["metadata", "copy", "if-absent", "links"] as const;

const schema = z.strictObject({
  loose: z._default(
    z.union([z.boolean(), z.array(z.enum(STORE_VERBS))], "must be a boolean or a list of operations"),
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
  const all = loose === true ? STORE_VERBS : loose === false ? [] : loose;
  return { loose: new Set(all), simulate: new Set(simulate), observer };
}
