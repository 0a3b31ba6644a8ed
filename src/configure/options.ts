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

/** What dehydration does with references that it finds in a payload. */
export type ReferenceMode = "escape" | "pass" | "reject" | "adopt";

/**
 * How references are signed: HMAC-SHA-256 (RFC 2104) by a shared key, over a canonical form (RFC 8785) of every field of
 * a reference. Whoever holds a key can make references: it is for the processes that write and read payloads, not for
 * what carries them.
 *
 * @example
 * const signing = { keys: { "2026-11": newKey, "2026-05": oldKey }, activeKeyId: "2026-11" };
 */
export interface SigningOptions {
  /**
   * Keys by id: at least 32 random bytes each (RFC 7518, section 3.2), copied when the manager is made. Ids are 1 to 64 of
   * `A-Z a-z 0-9 . _ -`, and no secret. All keys are good for reading, so that to rotate is to add a key everywhere, then
   * to make it the active one, and to remove the old one when what it signed is no longer used.
   */
  keys: Readonly<Record<string, Uint8Array>>;
  /** Id of the key that signs. */
  activeKeyId: string;
  /**
   * For whom references are, such as a tenant or a queue: those signed for one audience are refused for any other, and for
   * none. A call may say its own. Default none.
   */
  audience?: string | undefined;
  /**
   * Milliseconds that references are accepted for after they are signed, in whole seconds, rounded up; there is no leeway
   * for clocks that differ. It is written into them: what a reader's `ttl` is does not matter. Default: they do not expire.
   */
  ttl?: number | undefined;
  /**
   * Accept references without a signature too, also those of the dialect `bubustack`, as if signing were off; default
   * false. For the time until all writers sign: meanwhile anybody can forge a reference. A signature that is there must
   * be good all the same.
   */
  allowUnsigned?: boolean | undefined;
  /** Where the time comes from, for `ttl` and expiry; default the system's. */
  clock?: Clock | undefined;
}

/** Options of a {@link StorageManager}. */
export interface StorageManagerOptions {
  /**
   * A set of these options for one kind of use; those that are given besides take their place. Default: none.
   * - `"workflow"`, for engines whose steps hand on what others gave: `references: "pass"`,
   *   `readCache: { maxBytes: 67108864 }`.
   * - `"message"`, for bodies of messages that fit 256 KiB with their attributes: `maxInlineSize: 32768`,
   *   `maxEnvelopeSize: 196608`.
   */
  preset?: "workflow" | "message" | undefined;
  /**
   * Where offloaded values go. Without one storage is disabled: a payload within `maxInlineSize` passes, a larger one,
   * or a reference, is `STORAGE_DISABLED`.
   */
  store?: Store | undefined;
  /** Bytes of JSON over which one value leaves, default 1024. */
  maxInlineSize?: number | undefined;
  /** Most bytes of JSON of a whole result, default 262144 (256 KiB), at least 1024. */
  maxEnvelopeSize?: number | undefined;
  /**
   * Default 10. Container levels that dehydration decides on; a container below them is one unit, inline if it fits
   * and offloaded if not. And the most reference hops that hydration follows, of which there are always at least two: as
   * many as what this manager dehydrates can need.
   */
  maxRecursionDepth?: number | undefined;
  /**
   * Most references that one hydration resolves, by occurrence; default 10000. `dehydrate` refuses what would hold more, with
   * `BUDGET_EXCEEDED`.
   */
  maxReferences?: number | undefined;
  /**
   * Most decoded bytes that one hydration puts in place, by occurrence; default 268435456 (256 MiB). `dehydrate` refuses
   * what would bring more, with `BUDGET_EXCEEDED`; a stream as soon as it is known.
   */
  maxBytes?: number | undefined;
  /** Path that dehydrated payloads go under, default `"outputs"`. */
  outputPrefix?: string | undefined;
  /**
   * Path that dehydrated inputs go under, default `"inputs"`. It may be the same as `outputPrefix`, but neither may lie
   * inside of the other: then releasing the scope `inputs` of `runs` would delete all that lies below `runs/inputs`.
   */
  inputPrefix?: string | undefined;
  /** Store operations in flight, for each call; default 16. */
  concurrency?: number | undefined;
  /**
   * Milliseconds that one call may take, default 300000. Over it: `TIMEOUT`. It covers the streams of a payload: raise it
   * for those that take longer.
   */
  timeout?: number | undefined;
  /**
   * Entries of one call, as they are stored, of up to `maxEntrySize` bytes (default 262144, 256 KiB) share objects of up to
   * `maxPackSize` bytes (default 8388608, 8 MiB): JSON and texts a `.pack`, binary a `.bin`. An entry that would have
   * one to itself is an object of its own. `false`: all are. In the dialect `bubustack`, whose readers know no packs, it
   * is always so.
   */
  pack?: false | { maxEntrySize?: number | undefined; maxPackSize?: number | undefined } | undefined;
  /**
   * Keeps entries that hydration read, and that were what their references say, in memory: up to `maxBytes` bytes of
   * them, each of up to `maxEntrySize` bytes (default an eighth of `maxBytes`); those used last stay. They are kept by
   * digest and by the place they were read from, so that nobody gets what they may not read. What this manager deletes,
   * releases or overwrites is forgotten at once; what others delete may be given until it is evicted. Default: none are
   * kept.
   */
  readCache?: { maxBytes: number; maxEntrySize?: number | undefined } | undefined;
  /**
   * What is done to the bytes of every entry before they are stored, in this order, and undone in reverse; default
   * nothing. Compression comes before encryption: `[gzip(), aes256gcm({ keys, activeKeyId })]`. A reference names the
   * codecs that were applied to its entry; a manager undoes only those that it was given.
   */
  codecs?: readonly Codec[] | undefined;
  /** Serialise with sorted keys, so that key order does not matter to the digest; default false. */
  canonical?: boolean | undefined;
  /**
   * What dehydration does with values of which JSON keeps nothing: `Map`, `Set`, `WeakMap`, `WeakSet`, `WeakRef`, `Promise`,
   * `Error`, `RegExp`, `Request`, `Response`, `Headers`, `FormData`, `URLSearchParams`, of any realm, unless they have a
   * `toJSON`. `"error"`, default: they are `UNSERIALIZABLE`, with their path. `"json"`: they are written as JSON has them, `{}`.
   */
  lossy?: "error" | "json" | undefined;
  /**
   * What dehydration does with references found in a payload, default `"escape"`: they are data like any other, and
   * come back as such. `"pass"`: they stay references. `"reject"`: they are `INVALID_REFERENCE`. `"adopt"`: they become
   * references of the scope of the call, as {@link StorageManager.adopt} makes them.
   * In the dialect `bubustack`, whose readers know no escapes, it is `"pass"` (default), `"reject"` or `"adopt"`.
   *
   * With `signing`, `"escape"` lets references with a signature that is good for the audience of the call stay references,
   * also expired ones, which hydration will refuse; and with `"pass"` one without such a signature is
   * `SIGNATURE_INVALID`.
   */
  references?: ReferenceMode | undefined;
  /**
   * How references are written, default `"native"`. Both dialects are read. In `"bubustack"` an object is named by its
   * place in the payload and nothing in a reference says what it held: a second `dehydrate` in the same scope changes what
   * the references of the first stand for, or takes it away. Give each payload a scope of its own, or none.
   */
  dialect?: Dialect | undefined;
  /**
   * Path prefixes that hydration may read besides `outputPrefix` and `inputPrefix`, default none: credentials that can
   * read a bucket are no reason to. Other schemes and containers as `scheme://container/prefix`.
   */
  allow?: readonly string[] | undefined;
  /** Most seconds that a URL of `presign` may live, default 3600; at most 604800 (seven days), the limit of S3. */
  maxPresignExpiry?: number | undefined;
  /**
   * Signs references, and refuses those that are not signed, before any I/O; default: neither. Not in the dialect
   * `bubustack`, whose references have no field for a signature.
   */
  signing?: SigningOptions | undefined;
  /**
   * Schemas that tagged payloads are validated by, and upgraded by, on hydration: those that left whole. For a payload of
   * which only parts left, say `schema` to `hydrate`.
   */
  schemas?: SchemaRegistry | undefined;
  /** Other kinds of reference that hydration resolves, default none. With `signing`, only where `hydrate` asks for it. */
  resolvers?: readonly ReferenceResolver[] | undefined;
  /** How payloads end by age, and what one pass of `collect` does; default: they end when they are released. */
  retention?: RetentionOptions | undefined;
  /**
   * Is told of every operation, and of what happens in stores that have no observer of their own. A function is told of
   * the end; an object with `start` of the beginning too, see {@link OperationObserver}; a list holds several. Default: nobody.
   */
  observer?: ObserverOption | undefined;
  /**
   * A pino logger; silent without one. Successes are logged at level `debug`, errors at `warn`. Where `debug` is logged,
   * lines say the path of the object too.
   */
  logger?: StorageLogger | undefined;
}

/** Options of one dehydration. Those of the manager of the same name are overridden for this call. */
export interface DehydrateOptions
  extends
    CallOptions,
    Pick<StorageManagerOptions, "maxInlineSize" | "maxEnvelopeSize" | "maxRecursionDepth" | "references" | "timeout"> {
  /**
   * Who owns the objects, such as `run-42/step-3`: their common path, released together. The same content in the same
   * scope is the same object. In the dialect `bubustack` the same place in the payload is: only one payload may have a
   * scope there, since a second one overwrites the first. Default: a fresh time-ordered id.
   */
  scope?: string | undefined;
  /**
   * Milliseconds that the references of this call stay good for from its beginning, at the least, or `"never"`, in place of
   * what the manager's `retention` says; at least `timeout` and `retention.margin` together. See {@link RetentionOptions}.
   */
  ttl?: TimeToLive | undefined;
  /**
   * Path that the objects go under, in place of `outputPrefix` or `inputPrefix`: below one of them, or one that the
   * manager's `allow` lists, since it could not read them anywhere else. `release` needs the same `prefix` to find them.
   */
  prefix?: string | undefined;
  /**
   * Name of the schema that the payload follows. All references carry it, those to parts of the payload too; a stored
   * object does if it is the whole payload.
   */
  schema?: string | undefined;
  schemaVersion?: string | undefined;
  /** The step run that events are attributed to. */
  stepRunId?: string | undefined;
  /** For whom the references are, in place of `signing.audience`. Without `signing` it is `CONFIG_INVALID`. */
  audience?: string | undefined;
}

/** How far a hydration has come. */
export interface HydrateProgress {
  /** References found so far, by occurrence. */
  references: number;
  /** Of those, how many were fetched and decoded. */
  resolved: number;
  /** Decoded bytes so far, by occurrence. */
  bytes: number;
}

/** Options of one hydration. Those of the manager of the same name are overridden for this call. */
export interface HydrateOptions<T = unknown>
  extends CallOptions, Pick<StorageManagerOptions, "maxRecursionDepth" | "maxReferences" | "maxBytes" | "timeout"> {
  /** Validates the hydrated value, and types it: any Standard Schema (zod, valibot, arktype). */
  schema?: StandardSchemaV1<unknown, T> | undefined;
  /** Path prefixes that this call may read, besides those of the manager. */
  allow?: readonly string[] | undefined;
  /**
   * Which resolvers act: `true`, those of the manager; or others in their place; `false` leaves their references
   * untouched. Default `true`, but `false` with `signing`: these references carry no signature, so that whoever writes the
   * broker could read a Secret by one.
   */
  resolvers?: readonly ReferenceResolver[] | boolean | undefined;
  /** The step run that events are attributed to. */
  stepRunId?: string | undefined;
  /** For whom the references were signed, in place of `signing.audience`. Without `signing` it is `CONFIG_INVALID`. */
  audience?: string | undefined;
  /** Is told after every object that was put in place. What it throws is ignored. */
  onProgress?: ((progress: HydrateProgress) => void) | undefined;
}

/** Options of a call that opens one reference. */
export interface OpenOptions extends CallOptions {
  /** For whom the reference was signed, in place of `signing.audience`. Without `signing` it is `CONFIG_INVALID`. */
  audience?: string | undefined;
  /** First decoded byte wanted, default 0. At or past the end: an empty result. */
  offset?: number | undefined;
  /** Most decoded bytes wanted, default to the end. Fewer come where the value ends sooner. */
  length?: number | undefined;
}
