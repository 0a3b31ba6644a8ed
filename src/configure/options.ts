import type { Codec } from "../codecs/codec.js";
import type { SchemaRegistry } from "../schemas/schema-registry.js";
import type { StandardSchemaV1 } from "../schemas/standard-schema.js";
import type { ObserverOption } from "../observe/observer.js";
import type { StorageLogger } from "../observe/logger.js";
import type { Dialect } from "../reference/grammar.js";
import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { RetentionOptions, TimeToLive } from "./retention.js";
import type { Clock } from "../async/clock.js";
import type { CallOptions, Store } from "../store/store.js";

/** How dehydration treats references in a payload. */
export type ReferenceMode = "escape" | "pass" | "reject" | "adopt";

/**
 * How references are signed. The signature is HMAC-SHA-256 (RFC 2104) with a shared key, over a canonical form (RFC
 * 8785) of every field of a reference. Every holder of a key can make references. So give keys to the processes that
 * write and read payloads, and not to the systems that carry them.
 *
 * @example
 * const signing = { keys: { "2026-11": newKey, "2026-05": oldKey }, activeKeyId: "2026-11" };
 */
export interface SigningOptions {
  /**
   * Keys by id, each of at least 32 random bytes (RFC 7518, section 3.2). They are copied when the manager is made.
   * Ids have 1 to 64 characters of `A-Z a-z 0-9 . _ -`, and are not secret.
   *
   * All keys are good for reading. To rotate, first add the new key everywhere, then make it the active key. Remove
   * the old key when no reference that it signed is used any more.
   */
  keys: Readonly<Record<string, Uint8Array>>;
  /** Id of the key that signs. */
  activeKeyId: string;
  /**
   * The audience of references, such as a tenant or a queue. A reference signed for one audience is refused for any
   * other audience, and for none. A call may give its own audience. Default: none.
   */
  audience?: string | undefined;
  /**
   * Milliseconds that references are accepted for after they are signed, rounded up to whole seconds. Clocks that
   * differ get no leeway. The time is written into the references, so the `ttl` of a reader does not matter. Default:
   * references do not expire.
   */
  ttl?: number | undefined;
  /**
   * Whether references without a signature are accepted too, also those of the dialect `bubustack`, as if signing
   * were off. Default: false. Use it only until all writers sign, because anybody can forge a reference in that time.
   * A signature that is present must still be good.
   */
  allowUnsigned?: boolean | undefined;
  /** The clock for `ttl` and expiry. Default: the system's clock. */
  clock?: Clock | undefined;
}

/** Options of a {@link StorageManager}. */
export interface StorageManagerOptions {
  /**
   * A set of these options for one kind of use. Options that are given besides override those of the preset. Default:
   * none.
   * - `"workflow"`, for engines whose steps hand on the results of other steps: `references: "pass"`,
   *   `readCache: { maxBytes: 67108864 }`.
   * - `"message"`, for bodies of messages that fit 256 KiB with their attributes: `maxInlineSize: 32768`,
   *   `maxEnvelopeSize: 196608`.
   */
  preset?: "workflow" | "message" | undefined;
  /**
   * The store for offloaded values. Without a store, storage is disabled. Then a payload within `maxInlineSize`
   * passes, but a larger payload, or a reference, is `STORAGE_DISABLED`.
   */
  store?: Store | undefined;
  /** Bytes of JSON that one value may have and still stay inline. A larger value is offloaded. Default: 1024. */
  maxInlineSize?: number | undefined;
  /**
   * Most bytes of JSON of a whole result. Default: 262144 (256 KiB). Minimum: 1024. One reference is the least that a
   * result can be: a scope, prefix or schema name of hundreds of bytes can take it over a very small limit.
   */
  maxEnvelopeSize?: number | undefined;
  /**
   * Container levels that dehydration decides on, default 10. A container below these levels is one unit: inline if
   * it fits, offloaded if not.
   *
   * It is also the most reference hops that hydration follows. Hydration always follows at least two hops, because
   * payloads that this manager dehydrates can need two.
   */
  maxRecursionDepth?: number | undefined;
  /**
   * Most references that one hydration resolves, by occurrence. Default: 10000. `dehydrate` refuses a payload that
   * would hold more, with `BUDGET_EXCEEDED`.
   */
  maxReferences?: number | undefined;
  /**
   * Most decoded bytes that one hydration puts in place, by occurrence. Default: 268435456 (256 MiB). `dehydrate`
   * refuses a payload that would bring more, with `BUDGET_EXCEEDED`. A stream is refused as soon as its size is
   * known.
   */
  maxBytes?: number | undefined;
  /** The path for dehydrated payloads. Default: `"outputs"`. */
  outputPrefix?: string | undefined;
  /**
   * The path for dehydrated inputs. Default: `"inputs"`. It may be the same as `outputPrefix`, but neither may lie
   * inside the other. Otherwise releasing the scope `inputs` of `runs` would delete everything below `runs/inputs`.
   */
  inputPrefix?: string | undefined;
  /** Store operations in flight, for each call. Default: 16. */
  concurrency?: number | undefined;
  /**
   * Milliseconds that one call may take. Default: 300000. A call that takes longer fails with `TIMEOUT`. The time
   * includes reading the streams of a payload, so raise it for slow streams.
   */
  timeout?: number | undefined;
  /**
   * How small entries of one call share objects. An entry, as stored, of up to `maxEntrySize` bytes (default 262144,
   * 256 KiB) may share an object. Such an object has up to `maxPackSize` bytes (default 8388608, 8 MiB). JSON and
   * texts share a `.pack`, and binary shares a `.bin`. An entry with no other entry to share with is an object of its
   * own.
   *
   * With `false`, every entry is an object of its own. The dialect `bubustack` always works this way, because its
   * readers know no packs.
   */
  pack?: false | { maxEntrySize?: number | undefined; maxPackSize?: number | undefined } | undefined;
  /**
   * A cache in memory for entries that hydration read and that matched their references. It holds up to `maxBytes`
   * bytes, with entries of up to `maxEntrySize` bytes (default: an eighth of `maxBytes`). The least recently used
   * entries are evicted first.
   *
   * Entries are kept by digest and by the place they were read from, so that no caller gets an entry that it may not
   * read. What this manager deletes, releases or overwrites is forgotten at once. What others delete may be returned
   * until it is evicted. Default: no cache.
   */
  readCache?: { maxBytes: number; maxEntrySize?: number | undefined } | undefined;
  /**
   * Codecs that transform the bytes of every entry before they are stored, in this order. Reading undoes them in
   * reverse. Default: none. Compression comes before encryption: `[gzip(), aes256gcm({ keys, activeKeyId })]`. A
   * reference names the codecs that were applied to its entry. A manager undoes only the codecs that it was given.
   */
  codecs?: readonly Codec[] | undefined;
  /** Whether keys are sorted in stored JSON, so that the order of keys does not change the digest. Default: false. */
  canonical?: boolean | undefined;
  /**
   * How dehydration treats values that JSON loses: `Map`, `Set`, `WeakMap`, `WeakSet`, `WeakRef`, `Promise`, `Error`,
   * `RegExp`, `Request`, `Response`, `Headers`, `FormData`, `URLSearchParams`. They count in any realm, unless they
   * have a `toJSON`.
   * - `"error"` (default): they are `UNSERIALIZABLE`, with their path.
   * - `"json"`: they are written as JSON writes them, `{}`.
   */
  lossy?: "error" | "json" | undefined;
  /**
   * How dehydration treats references in a payload. Default: `"escape"`, or `"pass"` in the dialect `bubustack`.
   * - `"escape"`: they are data like any other, and come back as data. Not in the dialect `bubustack`, whose readers
   *   know no escapes.
   * - `"pass"`: they stay references.
   * - `"reject"`: they are `INVALID_REFERENCE`.
   * - `"adopt"`: they become references of the scope of the call, as {@link StorageManager.adopt} makes them.
   *
   * With `signing`, `"escape"` does not escape a reference with a good signature for the audience of the call. Such a
   * reference stays a reference, even if it has expired, but hydration will refuse an expired one. With `"pass"`, a
   * reference without such a signature is `SIGNATURE_INVALID`.
   */
  references?: ReferenceMode | undefined;
  /**
   * How references are written. Default: `"native"`. Both dialects are read.
   *
   * In `"bubustack"`, an object is named by its place in the payload, and a reference does not say what the object
   * held. A second `dehydrate` in the same scope changes what the references of the first call stand for, or removes
   * it. So give each payload a scope of its own, or none.
   */
  dialect?: Dialect | undefined;
  /**
   * Path prefixes that hydration may read besides `outputPrefix` and `inputPrefix`. Default: none. Credentials that
   * can read a bucket do not by themselves allow hydration to read it. Write other schemes and containers as
   * `scheme://container/prefix`.
   */
  allow?: readonly string[] | undefined;
  /** Most seconds that a URL of `presign` may live. Default: 3600. Limit: 604800 (seven days), the limit of S3. */
  maxPresignExpiry?: number | undefined;
  /**
   * Signs references, and refuses unsigned references before any I/O. Default: references are neither signed nor
   * checked. Not available in the dialect `bubustack`, whose references have no field for a signature.
   */
  signing?: SigningOptions | undefined;
  /**
   * Schemas that validate and upgrade tagged payloads on hydration. They apply to payloads that were offloaded whole.
   * If only parts of a payload were offloaded, pass `schema` to `hydrate`.
   */
  schemas?: SchemaRegistry | undefined;
  /**
   * Resolvers for other kinds of reference in hydration. Default: none. With `signing`, they act only where `hydrate`
   * asks for them.
   */
  resolvers?: readonly ReferenceResolver[] | undefined;
  /** How payloads end by age, and what one pass of `collect` does. Default: payloads end when they are released. */
  retention?: RetentionOptions | undefined;
  /**
   * Observers of every operation, and of events in stores that have no observer of their own. A function is called at
   * the end of an operation. An object with `start` is called at the beginning too, see {@link OperationObserver}. A
   * list holds several observers. Default: none.
   */
  observer?: ObserverOption | undefined;
  /**
   * A pino logger. Without a logger, nothing is logged. Successes are logged at level `debug`, errors at `warn`.
   * Where the level `debug` is on, log lines also hold the path of the object.
   */
  logger?: StorageLogger | undefined;
}

/** Options of one dehydration. They override the manager's options of the same name for this call. */
export interface DehydrateOptions
  extends
    CallOptions,
    Pick<StorageManagerOptions, "maxInlineSize" | "maxEnvelopeSize" | "maxRecursionDepth" | "references" | "timeout"> {
  /**
   * The owner of the objects, such as `run-42/step-3`. It is the common path of the objects, and they are released
   * together. The same content in the same scope is the same object. Default: a fresh time-ordered id.
   *
   * In the dialect `bubustack`, the same place in the payload is the same object. So only one payload may use a scope
   * there, because a second payload overwrites the first.
   */
  scope?: string | undefined;
  /**
   * Milliseconds that the references of this call stay good for at least, from the beginning of the call, or
   * `"never"`. It overrides the manager's `retention`. Minimum: `timeout` plus `retention.margin`. See
   * {@link RetentionOptions}.
   */
  ttl?: TimeToLive | undefined;
  /**
   * The path for the objects, instead of `outputPrefix` or `inputPrefix`. It must lie below one of these, or below a
   * prefix in the manager's `allow`, because the manager could not read the objects elsewhere. A later `release`
   * needs the same `prefix` to find them.
   */
  prefix?: string | undefined;
  /**
   * Name of the schema that the payload follows. All references carry it, also references to parts of the payload. A
   * stored object carries it only if it is the whole payload.
   */
  schema?: string | undefined;
  schemaVersion?: string | undefined;
  /** The step run that events are attributed to. */
  stepRunId?: string | undefined;
  /** The audience of the references, instead of `signing.audience`. Without `signing` it is `CONFIG_INVALID`. */
  audience?: string | undefined;
}

/** The progress of a hydration. */
export interface HydrateProgress {
  /** References found so far, by occurrence. */
  references: number;
  /** References that were fetched and decoded so far. */
  resolved: number;
  /** Decoded bytes so far, by occurrence. */
  bytes: number;
}

/** Options of one hydration. They override the manager's options of the same name for this call. */
export interface HydrateOptions<T = unknown>
  extends CallOptions, Pick<StorageManagerOptions, "maxRecursionDepth" | "maxReferences" | "maxBytes" | "timeout"> {
  /** A schema that validates and types the hydrated value. Any Standard Schema works (zod, valibot, arktype). */
  schema?: StandardSchemaV1<unknown, T> | undefined;
  /** Path prefixes that this call may read, besides those of the manager. */
  allow?: readonly string[] | undefined;
  /**
   * The resolvers that act. `true` stands for the manager's resolvers, and a list replaces them. `false` leaves
   * references of resolvers untouched. Default: `true`, but `false` with `signing`. These references carry no
   * signature, so anyone with write access to the broker could read a Secret through one.
   */
  resolvers?: readonly ReferenceResolver[] | boolean | undefined;
  /** The step run that events are attributed to. */
  stepRunId?: string | undefined;
  /**
   * The audience that the references were signed for, instead of `signing.audience`. Without `signing` it is
   * `CONFIG_INVALID`.
   */
  audience?: string | undefined;
  /** A function that is called after each object is put in place. Errors that it throws are ignored. */
  onProgress?: ((progress: HydrateProgress) => void) | undefined;
}

/** Options of a call that opens one reference. */
export interface OpenOptions extends CallOptions, Pick<HydrateOptions, "audience"> {
  /** First decoded byte wanted, default 0. An offset at or past the end gives an empty result. */
  offset?: number | undefined;
  /** Most decoded bytes wanted. Default: all up to the end. Fewer bytes come where the value ends sooner. */
  length?: number | undefined;
}
