import { isStore, storeField } from "../../is-store.js";
import { functionField, isFunction } from "../../../options/fields.js";
import * as z from "zod/mini";
import { isScheme, splitLocation, type Target } from "../../../paths/location.js";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";

/**
 * Makes the store for a container (bucket, host) of a scheme. The factory is called once for a pool key, when the
 * first path with that key is used. A failure is not remembered. No signal or time limit reaches the factory: a
 * caller that gives up only stops waiting.
 */
export interface SchemeFactory {
  (target: Target): Store | Promise<Store>;
  /** Whether each store that the factory makes serves one container only, whatever `poolKey` says. Default false. */
  readonly perContainer?: boolean;
}

/** The store or the factory behind a scheme: one store for all its containers, or a factory that makes the stores. */
export type SchemeStores = Store | SchemeFactory;

/** Options of {@link RoutingStore}. */
export interface RoutingStoreOptions {
  /** The store of plain paths, and of the absolute paths that `primaryScheme` names. */
  primary: Store;
  /**
   * Absolute paths that also belong to the primary: those of a scheme (`"file"`), or of one container
   * (`"s3://payloads"`). Default none.
   */
  primaryScheme?: string | undefined;
  /**
   * The store or the factory of each scheme. A store serves every container of its scheme: the configuration wins
   * over the container that a path names. A factory makes stores for its containers when they are first used.
   * Default: `s3`, `gs`, `abfss` and `az` with the credentials of the environment.
   */
  schemes?: Record<string, SchemeStores> | undefined;
  /** Other names of schemes, besides `abfs` for `abfss` and `gcs` for `gs`: `{ minio: "s3" }`. */
  aliases?: Record<string, string> | undefined;
  /**
   * How paths of other schemes are treated. Default `"error"`: they are `UNKNOWN_SCHEME`. With `"primary"`, they
   * belong to the primary, at the path behind the container. Scheme and container are then ignored, so `x://a/p`,
   * `y://b/p` and `p` are one object.
   */
  onUnknownScheme?: "error" | "primary" | undefined;
  /**
   * Returns the key of a path's store. Paths with the same key share a store that a factory made for the first of
   * them. Use `({ scheme }) => scheme` if one store serves all containers. Default: scheme and container. Not called
   * if a factory is `perContainer`, as those for buckets are. Schemes never share a store.
   */
  poolKey?: ((target: Target) => string) | undefined;
  /**
   * Hears `option_dropped` when a copy to another store could not keep content type or metadata. Default: the
   * observer of the manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

const NO_SCHEME = "is not a URL scheme (RFC 3986, section 3.1)";

const scheme = z.string().check(z.refine(isScheme, NO_SCHEME));

const schema = z.strictObject({
  primary: storeField,
  primaryScheme: z.optional(z.string().check(z.refine(isPrimaryScheme, "must be a scheme or scheme://container"))),
  schemes: z._default(z.record(scheme, z.custom<SchemeStores>(isSchemeStores, "must be a Store or a function")), {}),
  aliases: z._default(z.record(scheme, scheme), {}),
  onUnknownScheme: z._default(z.enum(["error", "primary"]), "error"),
  poolKey: z.optional(functionField<(target: Target) => string>()),
  observer: observerField,
});

/** The options as the store works with them. */
export type ParsedRoutingOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseRoutingOptions(options: RoutingStoreOptions): ParsedRoutingOptions {
  return parseOptions(schema, options, "RoutingStore");
}

/** Splits a `primaryScheme` into scheme and container. No container means all containers. */
export function splitPrimaryScheme(text: string): { scheme: string; container?: string } {
  if (isScheme(text)) return { scheme: text.toLowerCase() };
  const { target, path } = splitLocation(`${text}/-`);
  if (target === undefined || target.container === "" || path !== "-") throw new Error("it is no container");
  return target;
}

function isPrimaryScheme(text: string): boolean {
  try {
    splitPrimaryScheme(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a value can serve a scheme. */
export function isSchemeStores(value: unknown): value is SchemeStores {
  return isFunction(value) || isStore(value);
}
