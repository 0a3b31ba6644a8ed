import { createHash } from "node:crypto";
import { isStorageError, StorageError } from "../error.js";
import type { Encryption, Encryptor } from "../object/codec/aes256gcm.js";
import type { DecodeContext } from "../object/codec/codec.js";
import { encryptedEntries } from "../object/codec/encrypted-entries.js";
import { isEncrypted, parseHeader, type EncryptionHeader } from "../object/codec/encryption-header.js";
import type { Recorder } from "../observe/recorder.js";
import { parseLocation } from "../reference/location.js";
import { sha256Digest } from "../store/body.js";
import { contentAddressedDigest } from "../store/compose/replicas/known-digest.js";
import type { ObjectInfo, Store } from "../store/store.js";
import { directoryOf } from "./entry-codecs.js";
import { integrityError } from "./fetch-entry.js";
import { ObjectWriter } from "./object-writer.js";
import { openPart } from "./open-part.js";
import { readBytes } from "./read-bytes.js";
import { isReplacement, replacementPath } from "./replaced-entries.js";
import { requireStore } from "./require-store.js";
import type { ManagerSettings } from "./settings.js";
import { asStorageError } from "./store-error.js";
import { sweep, type SweepOptions, type SweepProgress } from "./sweep.js";

/** How far a re-encryption has come. */
export interface ReencryptProgress extends SweepProgress {
  /** Objects that were encrypted again, by the active key. */
  reencrypted: number;
  /** Objects that were encrypted by the active key already. */
  current: number;
  /** Objects that are not encrypted. They stay as they are. */
  unencrypted: number;
  /** Objects that could not be encrypted again. They stay as they are. */
  failed: number;
}

/** What came of a re-encryption. */
export interface ReencryptReport extends ReencryptProgress {
  /** The first 1,000 objects that could not be encrypted again, and why. */
  failures: { path: string; error: StorageError }[];
}

/** Options of a re-encryption. */
export interface ReencryptOptions extends SweepOptions {
  /** Is told after every object. What it throws is ignored. */
  onProgress?: ((progress: ReencryptProgress) => void) | undefined;
}

// Larger objects are encrypted as they are read.
const MAX_WHOLE = 16 * 1024 * 1024;

// What is read of an object to see whether and by which key it is encrypted: nearly all headers are shorter.
const HEAD_SIZE = 4096;

const MAX_FAILURES = 1000;

/** Encrypts the objects of a prefix again that were encrypted by another key than the active one. */
export async function reencrypt(
  prefix: string,
  options: SweepOptions,
  settings: ManagerSettings,
  recorder: Recorder,
  onProgress: (progress: ReencryptProgress) => void,
): Promise<ReencryptReport> {
  const store = requireStore(settings, "reencrypt");
  const { encryption } = settings.codecs;
  if (encryption === undefined) {
    throw new StorageError("CONFIG_INVALID", "Encrypting again needs aes256gcm among the codecs of the manager.", {
      operation: "reencrypt",
    });
  }
  const reencryption = new Reencryption(store, encryption, new ObjectWriter(store, settings, recorder));
  const counts = { reencrypted: 0, current: 0, unencrypted: 0, failed: 0 };
  const failures: ReencryptReport["failures"] = [];
  const visit = async (object: ObjectInfo, signal: AbortSignal): Promise<void> => {
    try {
      const outcome = await reencryption.visit(object, signal);
      if (outcome !== undefined) counts[outcome]++;
    } catch (cause) {
      if (signal.aborted && isStorageError(cause, "ABORTED")) throw cause;
      const error = asStorageError(cause, { operation: "reencrypt", store: store.name, path: object.path });
      if (failures.push({ path: object.path, error }) > MAX_FAILURES) failures.pop();
      counts.failed++;
    }
  };
  const progress = await sweep(prefix, options, settings, "reencrypt", visit, (done) => {
    onProgress({ ...done, ...counts });
  });
  return { ...progress, ...counts, failures };
}

type Outcome = "reencrypted" | "current" | "unencrypted";

class Reencryption {
  private readonly made = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly encryption: Encryption,
    private readonly writer: ObjectWriter,
  ) {}

  /** `undefined` for an object that it has made itself, and that the listing has come to. */
  async visit(object: ObjectInfo, signal: AbortSignal): Promise<Outcome | undefined> {
    if (this.made.delete(object.path)) return undefined;
    const part = { offset: 0, length: Math.min(object.size, HEAD_SIZE) };
    const head = await this.read(object, part, signal);
    if (!isEncrypted(head)) return "unencrypted";
    const encryptor = await this.encryption.prepare();
    const whole = object.size <= MAX_WHOLE ? await this.read(object, undefined, signal) : undefined;
    // Those of one object were encrypted by one call.
    const { header } = parseHeader(whole ?? head);
    if (header.keyId === encryptor.keyId) return "current";
    if (whole === undefined) await this.moveStream(object, header, encryptor, signal);
    else await this.move(object, await this.encrypted(object, whole, encryptor, signal), signal);
    return "reencrypted";
  }

  /** The entries of an object, encrypted again. */
  private async encrypted(
    { path }: ObjectInfo,
    bytes: Uint8Array,
    encryptor: Encryptor,
    signal: AbortSignal,
  ): Promise<Buffer> {
    this.assertDigest(path, sha256Digest(bytes));
    const entries = [...encryptedEntries(bytes)];
    const parts: Buffer[] = [];
    for (const { bytes: entry, header, offset } of entries) {
      const context = contextOf(path, header, signal);
      const plain = await this.encryption.decode(entry, context);
      // An entry that shares its object is referred to by where it begins.
      const shared = entries.length > 1 ? { offset } : {};
      const own = { digest: sha256Digest(entry), size: entry.byteLength, ...shared };
      parts.push(await encryptor.encode(plain, context, header.replaces ?? own));
    }
    return Buffer.concat(parts);
  }

  /** The same for an object that is one large entry, as it is read. */
  private async moveStream(
    object: ObjectInfo,
    header: EncryptionHeader,
    encryptor: Encryptor,
    signal: AbortSignal,
  ): Promise<void> {
    const { path, size } = object;
    const digest = header.replaces?.digest ?? contentAddressedDigest(path) ?? (await this.digestOf(path, signal));
    const context = contextOf(path, header, signal);
    const plain = this.encryption.decodeStream(this.checkedChunks(path, signal), context);
    await this.move(object, encryptor.encodeStream(plain, context, header.replaces ?? { digest, size }), signal);
  }

  /** Writes an object that takes the place of another, which is gone then. */
  private async move(
    { path }: ObjectInfo,
    body: Buffer | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const target = isReplacement(path) ? path : replacementPath(path);
    const size = body instanceof Buffer ? body.byteLength : undefined;
    await this.writer.write({ path: target, body, size, contentType: "application/octet-stream" }, signal);
    if (target === path) return;
    this.made.add(target);
    // Released in the meantime: nothing of it may be left.
    const isReleased = (await this.store.stat(path, { signal })) === undefined;
    await this.store.delete(isReleased ? target : path, { signal });
  }

  private async *checkedChunks(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash("sha256");
    const result = await this.store.read(path, { signal });
    for await (const chunk of result) {
      hash.update(chunk);
      yield chunk;
    }
    this.assertDigest(path, `sha256-${hash.digest("base64url")}`);
  }

  private async digestOf(path: string, signal: AbortSignal): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of await this.store.read(path, { signal })) hash.update(chunk);
    return `sha256-${hash.digest("base64url")}`;
  }

  private assertDigest(path: string, digest: string): void {
    const known = contentAddressedDigest(path);
    if (known === undefined || known === digest) return;
    throw integrityError("it has another digest than its path says", this.store.name, path);
  }

  private read(
    { path }: ObjectInfo,
    part: { offset: number; length: number } | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const details = { operation: "reencrypt", store: this.store.name, path };
    return readBytes(openPart(this.store, path, part, signal), () => undefined, signal, details);
  }
}

function contextOf(path: string, header: EncryptionHeader, signal: AbortSignal): DecodeContext {
  const { contentType, schema, schemaVersion, encoding } = header;
  const encodings = encoding === undefined ? [] : encoding.split(",");
  const directory = directoryOf(parseLocation(path));
  const limits = { maxBytes: Infinity, tooLarge: () => new RangeError("no limit"), signal };
  return { ...limits, directory, contentType, schema, schemaVersion, encodings };
}
