import type { HydrateOptions } from "../../configure/options.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { CallOptions } from "../../store/store.js";
import type { Wire } from "./wire.js";

/** One way to write the ticket of a message: that of another library, whose messages are read or written. */
export interface MessageFormat {
  /** For errors. */
  readonly name: string;
  /** Its messages carry the body as one object of bytes: no parts stay. */
  readonly whole: boolean;
  /** Whether a message is of this format: by an attribute or header, which data can't forge. Asked of every message. */
  detect(message: Wire): boolean;
  /** What is stored of a message, with `whole`, and its media type. Default: the body, `application/octet-stream`. */
  payload?(message: Wire): { readonly body: string | Uint8Array; readonly contentType?: string | undefined };
  /**
   * The message that travels. It is asked before anything is stored too, with a ticket of the same length.
   *
   * @param ticket what `dehydrate` gave for the body; with `whole`, for its bytes
   * @param size bytes of the body
   * @throws {StorageError} `CONFIG_INVALID` for what it never writes
   */
  write(ticket: unknown, message: Wire, size: number): Wire;
  /** How a message travels that fits. Default: as it is. */
  inline?(message: Wire): Wire;
  /** The ticket of a message, as `hydrate` takes it. It gives the body: text, bytes, or a value whose JSON it is. */
  read(message: Wire): unknown;
  /** The message without what `write` added to it. Default: as it came. */
  restore?(message: Wire): Wire;
  /**
   * In place of `read` and `hydrate`, where references of this library can't say where the body lies. It gives the body, or
   * the whole message.
   *
   * @param options for `hydrate`
   */
  open?(message: Wire, manager: StorageManager, options: HydrateOptions): Promise<string | Uint8Array | Wire>;
  /** Deletes what an acknowledged message leads to. Default: nothing, since others may read it. */
  settle?(message: Wire, manager: StorageManager, options: CallOptions): Promise<{ deleted: number }>;
  /** The locations that a message leads to. */
  references(message: Wire): readonly string[];
}
