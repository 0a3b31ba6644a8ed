import { uuidv7 } from "uuidv7";
import type { Codec } from "../../codecs/codec.js";
import { abortedCall } from "../../call/deadline.js";
import { isStorageError, type StorageError } from "../../errors/error.js";
import { splitLabelledPath } from "../../object/expiry-label.js";
import { invalidOptions, parseOptions } from "../../options/parse-options.js";
import { scopePath } from "../../object/scope-path.js";
import { isReference, referencesIn } from "../../reference/references-in.js";
import type { CallOptions } from "../../store/store.js";
import { assertArray } from "../../options/argument.js";
import { messageCodecs } from "./compressed-body.js";
import { isEnvelope } from "./envelope.js";
import type { MessageFormat } from "./message-format.js";
import { isMistakable } from "./mistakable.js";
import { MessageError } from "./message-error.js";
import { openForeign, openMessage, type Opened } from "./open-message.js";
import {
  offloaderSchema,
  packSchema,
  settleSchema,
  unpackSchema,
  type MessageOffloaderOptions,
  type OffloaderSettings,
  type PackOptions,
  type SettleOptions,
} from "./options.js";
import { FittingMessage, type Packed } from "./packed.js";
import { packMessage } from "./pack-message.js";
import { plannedTicket } from "./planned-ticket.js";
import { settleMessage } from "./settle-message.js";
import { assertWire, type Wire } from "./wire.js";

const NO_OPTIONS: { readonly signal?: undefined } = Object.freeze({});
const NO_PACK: PackOptions = NO_OPTIONS;

/**
 * Packs messages that are too big for a broker, and opens them again. A message that fits is sent byte for byte,
 * without a request.
 *
 * 1. A message never travels before its objects are durable.
 * 2. A packed message counts no more than the limit. The broker's own rule counts, with attributes and envelope.
 * 3. A packed message comes back byte for byte. A message that is not packed is never taken for a packed one.
 * 4. Objects are deleted after the acknowledgement, and only if the retention says so.
 *
 * @example
 * const offloader = new MessageOffloader({ manager, channel: "orders", rules: rules.sqs, ttl: 30 * DAY });
 * const packed = await offloader.pack({ body: JSON.stringify(order), attributes: new Map() });
 * // send packed.body; and on the other side
 * const { body } = await offloader.unpack({ body: received, attributes: new Map() });
 */
export class MessageOffloader {
  readonly #settings: OffloaderSettings;
  readonly #channel: string;
  readonly #limit: number;
  readonly #most: number;
  readonly #sharesScope: boolean;
  readonly #format: MessageFormat | undefined;
  #codecs: ReadonlyMap<string, Codec> | undefined;

  /**
   * Makes an offloader.
   *
   * @throws {StorageError} `CONFIG_INVALID` that names every wrong option. Also for `"expire"` without a `ttl`, and
   *   for a retention that deletes on brokers whose readers replay.
   */
  constructor(options: MessageOffloaderOptions) {
    const settings = parseOptions(offloaderSchema, options, "MessageOffloader");
    const { channel, rules, limit = rules.maxMessage, over = limit, retention } = settings;
    this.#settings = settings;
    this.#format = settings.format;
    this.#channel = scopePath(channel);
    this.#limit = limit;
    this.#most = Math.min(over, limit);
    if (settings.format !== undefined) assertWrites(settings.format, settings, this.#channel);
    const { isNative, endsByAge } = probe(settings, this.#channel);
    // In the other dialect, the place in the payload names an object. Each message then needs a scope of its own.
    this.#sharesScope = retention === "expire" && isNative;
    if (retention === "expire" && !endsByAge) {
      throw invalid('ttl: must be said with the retention "expire", or be one of the manager\'s; "never" keeps all');
    }
    if (retention !== "expire" && rules.replays === true) {
      throw invalid(`retention: must be "expire" for ${rules.name}, whose readers may read a message again`);
    }
  }

  /**
   * Packs a message for sending. Resolves when all objects of the message are durable.
   *
   * @throws {StorageError} `LIMIT_EXCEEDED`, before any I/O, if the attributes leave less than 1,024 bytes;
   *   `CONFIG_INVALID`; the errors of `dehydrate`
   */
  async pack(message: Wire, options?: PackOptions): Promise<Packed> {
    const call = options === undefined ? NO_OPTIONS : parseOptions(packSchema, options, "pack");
    assertWire(message, "pack");
    return this.#pack(message, call);
  }

  /**
   * Says whether `pack` would change a message.
   *
   * @throws {StorageError} `CONFIG_INVALID`, `ABORTED`, as `pack` would with these options
   */
  leaves(message: Wire, options?: PackOptions): boolean {
    const { limit = this.#limit, signal } = options === undefined ? NO_PACK : parseOptions(packSchema, options, "pack");
    assertWire(message, "pack");
    if (signal?.aborted === true) throw abortedCall("pack", signal);
    const most = Math.min(this.#most, limit);
    return this.#format?.inline !== undefined || this.#isTaken(message) || !this.#fits(message, most);
  }

  /**
   * Opens a packed message. A message that is not packed is returned unchanged, without I/O.
   *
   * @throws {MessageError} that says whether to redeliver the message; its code is that of `hydrate`
   */
  async unpack(message: Wire, options?: CallOptions): Promise<Opened> {
    const { signal } = options === undefined ? NO_OPTIONS : parseOptions(unpackSchema, options, "unpack");
    assertWire(message, "unpack");
    if (signal?.aborted === true) throw new MessageError(abortedCall("unpack", signal));
    if (!isEnvelope(message.body)) {
      const format = this.#formatOf(message);
      if (format === undefined) return { ...message, offloaded: false };
      return failing(openForeign(message, format, this.#settings, { signal, codecs: this.#knownCodecs }));
    }
    return failing(openMessage(message, this.#settings, { signal, codecs: this.#knownCodecs }));
  }

  /**
   * Deletes the objects of a message after its acknowledgement. With `"settle"`, it deletes at once. With
   * `{ consumers }`, it deletes when all consumers have acknowledged. With `"expire"`, it never deletes. Repeated
   * calls for a redelivered message do no harm.
   *
   * @param message the message as received, not as `unpack` returned it
   * @throws {MessageError} as {@link MessageOffloader.unpack} does
   */
  async settle(message: Wire, options?: SettleOptions): Promise<{ deleted: number }> {
    const call = options === undefined ? NO_OPTIONS : parseOptions(settleSchema, options, "settle");
    assertWire(message, "settle");
    if (!isEnvelope(message.body)) {
      const { signal } = call;
      const settled = this.#formatOf(message)?.settle?.(message, this.#settings.manager, signal ? { signal } : {});
      return settled === undefined ? { deleted: 0 } : failing(settled);
    }
    return failing(settleMessage(message, this.#channel, this.#settings, call));
  }

  /**
   * Splits messages into as few batches as the broker allows, and keeps their order. Pack the messages first. A
   * message that is too big for any batch is a batch of its own.
   */
  *batches<T>(items: readonly T[], wire: (item: T) => Wire): Generator<T[], void, undefined> {
    assertArray(items, "batches", "items");
    const { rules } = this.#settings;
    const { maxBatchCount = Number.POSITIVE_INFINITY } = rules;
    // A topic that takes larger messages takes batches of the same size.
    const maxBatchBytes = Math.max(rules.maxBatchBytes ?? Number.POSITIVE_INFINITY, this.#limit);
    let batch: T[] = [];
    let bytes = 0;
    for (const item of items) {
      const size = rules.size(wire(item));
      if (batch.length > 0 && (batch.length === maxBatchCount || bytes + size > maxBatchBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(item);
      bytes += size;
    }
    if (batch.length > 0) yield batch;
  }

  /** Whether the offloader also reads messages of other libraries. */
  get readsOthers(): boolean {
    return this.#format !== undefined || this.#settings.reads.length > 0;
  }

  /**
   * Says whether a failure means that the message was processed before. True only if `missing` is `"ack"`, so that
   * the message is acknowledged.
   */
  isProcessed(error: unknown): boolean {
    const isGone = isStorageError(error, "NOT_FOUND") || isStorageError(error, "RELEASED");
    return this.#settings.missing === "ack" && isGone;
  }

  async #pack(message: Wire, { limit = this.#limit, scope, signal }: PackOptions): Promise<Packed> {
    if (signal?.aborted === true) throw abortedCall("pack", signal);
    const most = Math.min(this.#most, limit);
    if (!this.#isTaken(message) && this.#fits(message, most)) {
      const inline = this.#format?.inline?.(message);
      if (inline === undefined) return new FittingMessage(message, this.#settings.rules);
      if (this.#fits(inline, most)) return new FittingMessage(inline, this.#settings.rules);
    }
    const below = scope ?? this.#settings.scope?.(message);
    const id = this.#sharesScope ? below : below === undefined ? uuidv7() : `${below}/${uuidv7()}`;
    return packMessage(message, this.#settings, {
      scope: id === undefined ? this.#channel : `${this.#channel}/${id}`,
      id: this.#sharesScope ? undefined : id,
      limit,
      signal,
    });
  }

  /** Says whether readers would take a message for a packed one. */
  #isTaken(message: Wire): boolean {
    if (isMistakable(message, this.#settings.rules)) return true;
    const format = this.#format;
    // A format with `inline` also marks this message.
    return format !== undefined && format.inline === undefined && format.detect(message);
  }

  #fits(message: Wire, most: number): boolean {
    const { rules } = this.#settings;
    return (rules.atMost?.(message) ?? Number.POSITIVE_INFINITY) <= most || rules.size(message) <= most;
  }

  #formatOf(message: Wire) {
    const { format, reads } = this.#settings;
    if (format?.detect(message) === true) return format;
    return reads.find((other) => other.detect(message));
  }

  get #knownCodecs(): ReadonlyMap<string, Codec> {
    return (this.#codecs ??= messageCodecs(this.#settings.compress));
  }
}

/**
 * Finds out how the manager names and expires objects in a scope, without I/O. Plans a write and examines its
 * reference.
 */
function probe({ manager, ttl }: OffloaderSettings, scope: string): { isNative: boolean; endsByAge: boolean } {
  const options = { scope, maxInlineSize: 0, ...(ttl !== undefined && { ttl }) };
  const [found] = referencesIn(manager.plan("probe", options).value);
  if (found === undefined) return { isNative: true, endsByAge: true }; // nothing ever leaves
  const { reference } = found;
  const isNative = "$storageRef" in reference;
  const path = isNative ? reference.$storageRef : reference.$bubuStorageRef;
  return { isNative, endsByAge: ttl !== undefined || splitLabelledPath(path).expires !== undefined };
}

/**
 * Reports early if the format can't be written at all, or not with this manager. Otherwise only the first message
 * would fail.
 */
function assertWrites(format: MessageFormat, settings: OffloaderSettings, scope: string): void {
  const ticket = plannedTicket(settings, scope);
  if (!isReference(ticket)) return; // nothing ever leaves
  try {
    format.write(ticket, { body: "", attributes: new Map() }, 1);
  } catch (error) {
    if (isStorageError(error, "CONFIG_INVALID")) throw error; // other errors concern only the message
  }
}

/** Turns every failure into a `MessageError`, which says what to do with the message. */
async function failing<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new MessageError(error);
  }
}

function invalid(problem: string): StorageError {
  return invalidOptions("MessageOffloader", problem);
}
