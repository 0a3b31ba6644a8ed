import type { HydrateOptions } from "../../configure/options.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { CallOptions } from "../../store/store.js";
import type { Wire } from "./wire.js";

/** A way to write the ticket of a message. Another library's format allows reading or writing its messages. */
export interface MessageFormat {
  /** Name of the format, for errors. */
  readonly name: string;
  /** Whether messages carry the body as one object of bytes, so that no parts stay in the message. */
  readonly whole: boolean;
  /**
   * Says whether a message has this format, by an attribute or header, which data can't forge. Called for every
   * message.
   */
  detect(message: Wire): boolean;
  /**
   * Returns the stored content of a message and its media type. Called only with `whole`. Default: the body, with the
   * type `application/octet-stream`.
   */
  payload?(message: Wire): { readonly body: string | Uint8Array; readonly contentType?: string | undefined };
  /**
   * Returns the message that travels. Also called before anything is stored, with a ticket of the same length.
   *
   * @param ticket the ticket of the body from `dehydrate`; with `whole`, the ticket of its bytes
   * @param size bytes of the body
   * @throws {StorageError} `CONFIG_INVALID` for a ticket that the format can never write
   */
  write(ticket: unknown, message: Wire, size: number): Wire;
  /** Returns a message that fits, as it travels. Default: unchanged. */
  inline?(message: Wire): Wire;
  /**
   * Returns the ticket of a message, for `hydrate`. Hydration gives the body as text or bytes, or a value whose JSON
   * is the body.
   */
  read(message: Wire): unknown;
  /** Returns the message without the additions of `write`. Default: unchanged. */
  restore?(message: Wire): Wire;
  /**
   * Opens a message, in place of `read` and `hydrate`. Needed if references of this library can't describe the place
   * of the body. Returns the body, or the whole message.
   *
   * @param options options for `hydrate`
   */
  open?(message: Wire, manager: StorageManager, options: HydrateOptions): Promise<string | Uint8Array | Wire>;
  /** Deletes the objects of an acknowledged message. Default: nothing is deleted, since others may read the objects. */
  settle?(message: Wire, manager: StorageManager, options: CallOptions): Promise<{ deleted: number }>;
  /** Returns the locations that a message leads to. */
  references(message: Wire): readonly string[];
}
