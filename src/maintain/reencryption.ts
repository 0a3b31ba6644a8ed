import { isNotFound, isStorageError, StorageError } from "../errors/error.js";
import type { Encryption, Encryptor } from "../codecs/aes256gcm/aes256gcm.js";
import type { DecodeContext } from "../codecs/codec.js";
import { encryptedEntries, type EncryptedEntry } from "../codecs/aes256gcm/encrypted-entries.js";
import { headerSize, isEncrypted } from "../codecs/aes256gcm/encryption-header.js";
import type { Recorder } from "../observe/recorder.js";
import { comparePaths } from "../paths/path.js";
import { parseLocation } from "../reference/location.js";
import { throwIfAborted } from "../async/abort.js";
import { sha256Digest, digestText, beginSha256 } from "../bytes/digest.js";
import { contentAddressedDigest, isReplacement, replacementPath } from "../object/object-name.js";
import type { ObjectInfo, Store, WriteOptions } from "../store/store.js";
import { directoryOf } from "../paths/location.js";
import { integrityError } from "../hydrate/entry-bytes.js";
import { ObjectWriter } from "../dehydrate/object-writer.js";
import { openPart, type PartOfObject } from "../hydrate/reads/open-part.js";
import { readBytes } from "../hydrate/read-bytes.js";
import { RereadEntry } from "./reread-entry.js";
import type { ManagerSettings } from "../configure/settings.js";
import { Turns } from "../async/turns.js";

// Bytes up to which an object with a single entry is held in memory. A larger one is encrypted while it is read.
const MAX_WHOLE = 16 * 1024 * 1024;

// Bytes that are read first, to see whether an object is encrypted and with which key. Nearly all headers are shorter.
const HEAD_SIZE = 4096;

// How many times an object is tried when somebody else changes it meanwhile.
const MAX_ATTEMPTS = 3;

const HAS_GROWN = "The object has more bytes than it had.";

/** The result for one object. */
export type Outcome = "reencrypted" | "current" | "unencrypted";

/** Encrypts objects again with the active key. Writes each one beside its old place. */
export class Reencryption {
  // Paths of new objects that the listing may still reach.
  private readonly made = new Set<string>();
  private position = "";
  private readonly turns = new Turns();

  constructor(
    private readonly store: Store,
    private readonly encryption: Encryption,
    private readonly settings: ManagerSettings,
    private readonly recorder: Recorder,
    private readonly dryRun: boolean,
  ) {}

  /**
   * @returns `undefined` for an object that is gone by now, and for one that this re-encryption has made and the
   *   listing has reached
   */
  async visit(object: ObjectInfo, signal: AbortSignal): Promise<Outcome | undefined> {
    this.position = object.path;
    if (this.made.delete(object.path)) return undefined;
    for (const path of this.made) if (comparePaths(path, object.path) < 0) this.made.delete(path);
    let seen = object;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(seen, signal);
      } catch (error) {
        if (!wasOvertaken(error)) throw error;
        const now = await this.store.stat(object.path, { signal });
        if (now === undefined) return undefined;
        if (attempt === MAX_ATTEMPTS) throw error;
        seen = { ...now, path: object.path };
      }
    }
  }

  private async attempt(object: ObjectInfo, signal: AbortSignal): Promise<Outcome> {
    const head = await this.readHead(object, signal);
    if (!isEncrypted(head)) return "unencrypted";
    const first = encryptedEntries(head).next().value!;
    const encryptor = await this.encryption.prepare();
    // The entries of one object were encrypted by one call.
    if (encryptor.madeBySameKey(first.header)) return "current";
    if (this.dryRun) return "reencrypted";
    if (object.size > MAX_WHOLE && (first.size ?? object.size) === object.size) {
      // The object is one entry. Several entries would lie one after the other.
      await this.moveStream(object, first, encryptor, signal);
    } else {
      await this.move(object, await this.encrypted(object, head, encryptor, signal), signal);
    }
    return "reencrypted";
  }

  /** Reads the header of the first entry, if there is one. May return more bytes than the header. */
  private async readHead(object: ObjectInfo, signal: AbortSignal): Promise<Uint8Array> {
    const head = await this.read(object, { offset: 0, length: Math.min(object.size, HEAD_SIZE) }, signal);
    const size = isEncrypted(head) ? (headerSize(head) ?? 0) : 0;
    return size <= head.byteLength ? head : this.read(object, { offset: 0, length: size }, signal);
  }

  /** Encrypts the entries of an object again, and returns their bytes. */
  private async encrypted(
    object: ObjectInfo,
    head: Uint8Array,
    encryptor: Encryptor,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { path, size } = object;
    const { maxBytes } = this.settings;
    if (size > Math.max(MAX_WHOLE, maxBytes)) throw tooManyBytes(maxBytes);
    const bytes = size === head.byteLength ? head : await this.read(object, undefined, signal);
    this.assertDigest(path, sha256Digest(bytes));
    const entries = [...encryptedEntries(bytes)];
    const parts: Buffer[] = [];
    for (const entry of entries) {
      if (this.turns.due) await this.turns.take();
      throwIfAborted(signal);
      const { bytes: own, header, offset } = entry;
      const context = contextOf(path, entry, signal);
      const plain = await this.encryption.decode(own, context);
      // A reference to an entry that shares its object names the offset of the entry.
      const shared = entries.length > 1 ? { offset } : {};
      const replaced = header.replaces ?? { digest: sha256Digest(own), size: own.byteLength, ...shared };
      parts.push(await encryptor.encode(plain, context, replaced));
    }
    return Buffer.concat(parts);
  }

  /** Encrypts an object that is one large entry again, while it is read. */
  private async moveStream(
    object: ObjectInfo,
    first: EncryptedEntry,
    encryptor: Encryptor,
    signal: AbortSignal,
  ): Promise<void> {
    const { path, size } = object;
    const { header } = first;
    const named = contentAddressedDigest(path);
    const digest = named ?? (header.replaces === undefined ? await this.digestOf(path, signal) : undefined);
    const context = contextOf(path, first, signal);
    const entry = new RereadEntry(this.store, path, { head: first.bytes, size, digest });
    const plain = this.encryption.decodeStream(entry.chunks(signal), context);
    const replaced = header.replaces ?? { digest: digest!, size };
    try {
      await this.move(object, encryptor.encodeStream(plain, context, replaced), signal);
    } catch (error) {
      throw entry.failure ?? error; // a store wraps the error that the source of a body throws
    }
  }

  /** Writes an object that takes the place of another one, and deletes the old one. */
  private async move(object: ObjectInfo, body: Buffer | AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { path } = object;
    const isInPlace = isReplacement(path);
    const target = isInPlace ? path : replacementPath(path);
    const before = isInPlace ? object : await this.store.stat(target, { signal });
    const condition = await this.conditionOf(target, before, signal);
    const size = body instanceof Buffer ? body.byteLength : undefined;
    const contentType = "application/octet-stream";
    const writer = new ObjectWriter(this.store, this.settings, this.recorder);
    const { etag } = await writer.write({ path: target, body, size, contentType, condition }, signal);
    if (isInPlace) return;
    if (comparePaths(target, this.position) > 0) this.made.add(target);
    if ((await this.store.stat(path, { signal })) !== undefined) {
      await this.store.delete(path, { signal });
      return;
    }
    // The old object is gone: it was released, or another process has encrypted it again too, and deleted it. Such a
    // process wrote the new object before or after this one did.
    // It is certain that there is no such process only if the new object did not exist before, and is still as it was
    // written. Then it is deleted, so that nothing of a released scope is left. Otherwise the new object may be the
    // only copy, and stays.
    if (condition.ifNoneMatch === undefined || etag === undefined) return;
    if ((await this.store.stat(target, { signal }))?.etag === etag) await this.store.delete(target, { signal });
  }

  /** Returns the condition that nobody else has written to a path since, as far as the store supports conditions. */
  private async conditionOf(
    path: string,
    before: ObjectInfo | undefined,
    signal: AbortSignal,
  ): Promise<Pick<WriteOptions, "ifNoneMatch" | "ifMatch">> {
    const { ifNoneMatch, ifMatch } = (await this.store.capabilityOf?.(path, { signal })) ?? this.store.capability;
    if (before === undefined) return ifNoneMatch ? { ifNoneMatch: "*" } : {};
    return ifMatch && before.etag !== undefined ? { ifMatch: before.etag } : {};
  }

  private async digestOf(path: string, signal: AbortSignal): Promise<string> {
    const hash = beginSha256();
    for await (const chunk of await this.store.read(path, { signal })) hash.update(chunk);
    return digestText(hash);
  }

  private assertDigest(path: string, digest: string): void {
    const known = contentAddressedDigest(path);
    if (known === undefined || known === digest) return;
    throw integrityError("it has another digest than its path says", this.store.name, path);
  }

  private read({ path, size }: ObjectInfo, part: PartOfObject | undefined, signal: AbortSignal): Promise<Uint8Array> {
    const { store } = this;
    const details = { operation: "reencrypt", store: store.name, path };
    const onBytes = (received: number): void => {
      if (received > (part?.length ?? size)) throw new StorageError("PRECONDITION_FAILED", HAS_GROWN, details);
    };
    return readBytes(openPart(store, path, part, signal), onBytes, signal, details, part?.length);
  }
}

/** Returns whether an error says that an object is gone, or has changed. */
function wasOvertaken(error: unknown): boolean {
  return isNotFound(error) || isStorageError(error, "ALREADY_EXISTS") || isStorageError(error, "PRECONDITION_FAILED");
}

function contextOf(path: string, { header, encodings }: EncryptedEntry, signal: AbortSignal): DecodeContext {
  const { contentType, schema, schemaVersion } = header;
  const directory = directoryOf(parseLocation(path));
  const limits = { maxBytes: Infinity, tooLarge: () => new RangeError("no limit"), signal };
  return { ...limits, directory, contentType, schema, schemaVersion, encodings };
}

function tooManyBytes(maxBytes: number): StorageError {
  const message = `The object holds several entries, and more than ${maxBytes} bytes (maxBytes).`;
  return new StorageError("BUDGET_EXCEEDED", message, { operation: "reencrypt" });
}
