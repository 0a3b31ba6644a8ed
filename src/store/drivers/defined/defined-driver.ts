import { abortable, throwIfAborted } from "../../../async/abort.js";
import { bytesOf } from "../../../bytes/bytes.js";
import { StorageError } from "../../../errors/error.js";
import { isObject } from "../../../json/is-object.js";
import { comparePaths, pathProblem } from "../../../paths/path.js";
import { collectBody, isWholeBody, wholeBytes } from "../../body.js";
import { isListed } from "../../check.js";
import { bytesResult } from "../../read-result.js";
import type {
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { readCall, type Driver, type DriverCall } from "../driver-store.js";
import { plainError } from "../service-errors.js";
import type { ListedKey, StoreDefinition, StoredObject } from "./definition.js";
import { codeByFacts, definedError } from "./errors.js";

// Features that a store of four functions lacks, unless its definition declares them.
const LESS = {
  presign: false,
  ifNoneMatch: false,
  ifMatch: false,
  deleteIfMatch: false,
  metadata: false,
  contentType: false,
};

/** An object that `get` returned, with bytes that were checked. */
type FoundObject = Omit<StoredObject, "bytes"> & { readonly bytes: Uint8Array };

/** The driver of a store of four functions. It does the parts of the contract that the functions don't do. */
export class DefinedDriver implements Driver {
  readonly name: string;
  readonly capability: Driver["capability"];

  constructor(private readonly definition: StoreDefinition) {
    const given = Object.entries<unknown>(definition.capability ?? {}).filter(([, value]) => value !== undefined);
    this.name = definition.name;
    this.capability = { ...LESS, ...(Object.fromEntries(given) as Driver["capability"]) };
  }

  async write(path: string, body: StoreBody, options: WriteOptions, call: DriverCall): Promise<ObjectInfo> {
    const { contentType, metadata, ifNoneMatch, ifMatch, signal } = options;
    const { maxObjectSize } = this.capability;
    // Copied before the check, so that the checked bytes are the stored bytes.
    const own = isWholeBody(body) ? new Uint8Array(wholeBytes(body)) : body;
    const chunks = await collectBody(own, options, call.details, maxObjectSize);
    const bytes = chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks));
    throwIfAborted(signal, call.details);
    const object = { bytes, contentType, metadata: metadata && { ...metadata } };
    return this.put(path, object, { ifNoneMatch, ifMatch }, call);
  }

  async read(path: string, options: ReadOptions, call: DriverCall): Promise<ReadResult> {
    const object = await this.existing(path, call);
    const { offset = 0, length = object.bytes.byteLength } = options;
    const range = object.bytes.subarray(offset, offset + length);
    return bytesResult(infoOf(path, object), new Uint8Array(range), readCall(call));
  }

  async stat(path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
    const object = await this.get(path, call);
    return object && infoOf(path, object);
  }

  async delete(path: string, { ifMatch, signal }: DeleteOptions, call: DriverCall): Promise<void> {
    const gone = await this.call(() => this.definition.delete(path, { ifMatch, signal }), call);
    if (gone === false && ifMatch !== undefined) throw plainError("PRECONDITION_FAILED", call);
  }

  async *list(prefix: string, { startAfter, limit = Infinity, signal }: ListOptions, call: DriverCall): ObjectListing {
    if (limit === 0) return;
    const keys = await this.keys(prefix, startAfter, call);
    let listed = 0;
    for (const [path, info] of keys) {
      throwIfAborted(signal, call.details);
      const known = info ?? (await this.stat(path, { ...call, details: { ...call.details, path } }));
      if (known === undefined) continue; // deleted during the listing
      yield known;
      if (++listed === limit) return;
    }
  }

  async copy(from: string, to: string, call: DriverCall): Promise<ObjectInfo> {
    const { bytes, contentType, metadata } = await this.existing(from, call);
    return this.put(to, { bytes: new Uint8Array(bytes), contentType, metadata }, {}, call);
  }

  async close(): Promise<void> {
    await this.definition.close?.();
  }

  private async put(
    path: string,
    { bytes, contentType, metadata }: FoundObject,
    conditions: Pick<WriteOptions, "ifNoneMatch" | "ifMatch">,
    call: DriverCall,
  ): Promise<ObjectInfo> {
    const options = { contentType, metadata, ...conditions, signal: call.signal };
    const answer = await this.call(() => this.definition.put(path, bytes, options), call);
    if (answer === false && call.condition !== undefined) {
      throw plainError(call.condition === "ifNoneMatch" ? "ALREADY_EXISTS" : "PRECONDITION_FAILED", call);
    }
    const etag = isObject(answer) && typeof answer["etag"] === "string" ? answer["etag"] : undefined;
    return infoOf(path, { bytes, etag, contentType, metadata });
  }

  private async existing(path: string, call: DriverCall): Promise<FoundObject> {
    const object = await this.get(path, call);
    if (object === undefined) throw plainError("NOT_FOUND", call);
    return object;
  }

  private async get(path: string, call: DriverCall): Promise<FoundObject | undefined> {
    const answer: unknown = await this.call(() => this.definition.get(path, { signal: call.signal }), call);
    if (answer === undefined || answer === null) return undefined;
    const bytes = bytesOf(answer);
    if (bytes !== undefined) return { bytes };
    const own = isObject(answer) ? bytesOf(answer["bytes"]) : undefined;
    if (own === undefined) throw wrongAnswer("get", "bytes, or an object with bytes, or undefined", call);
    return { ...answer, bytes: own };
  }

  /** Returns the wanted keys in order, each once, with the info that the listing gave. */
  private async keys(
    prefix: string,
    startAfter: string | undefined,
    call: DriverCall,
  ): Promise<readonly (readonly [path: string, info: ObjectInfo | undefined])[]> {
    const found = new Map<string, ObjectInfo | undefined>();
    const collect = async (): Promise<void> => {
      const keys: unknown = await this.definition.keys(prefix, { startAfter, signal: call.signal });
      if (!isObject(keys) || !(Symbol.iterator in keys || Symbol.asyncIterator in keys)) {
        throw wrongAnswer("keys", "an iterable of paths", call);
      }
      for await (const listed of keys as AsyncIterable<ListedKey | null>) {
        const key = listed ?? "";
        throwIfAborted(call.signal, call.details); // also ends the iterable
        const path: unknown = typeof key === "string" ? key : key.path;
        if (typeof path !== "string") throw wrongAnswer("keys", "paths, or objects with path and size", call);
        // A key that is not a path is not ours.
        if (pathProblem(path) === undefined && isListed(path, prefix, startAfter)) {
          found.set(path, typeof key === "string" ? undefined : listedInfo(path, key, call));
        }
      }
    };
    await this.call(collect, call);
    return [...found].sort(([a], [b]) => comparePaths(a, b));
  }

  /** Runs a function of the definition until the call is aborted, even if the function ignores the signal. */
  private async call<T>(run: () => T | Promise<T>, call: DriverCall): Promise<T> {
    try {
      return await abortable((async () => run())(), call.signal, call.details);
    } catch (error) {
      throw definedError(error, call, this.definition.codeOf ?? codeByFacts);
    }
  }
}

function infoOf(path: string, { bytes, etag, lastModified, contentType, metadata }: FoundObject): ObjectInfo {
  return {
    path,
    size: bytes.byteLength,
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
  };
}

function listedInfo(path: string, key: Exclude<ListedKey, string>, call: DriverCall): ObjectInfo {
  if (!Number.isSafeInteger(key.size) || key.size < 0) throw wrongAnswer("keys", "objects with path and size", call);
  return { ...key, path };
}

function wrongAnswer(name: string, expected: string, { details }: DriverCall): StorageError {
  const message = `The function "${name}" of the store ${details.store} must give ${expected}.`;
  return new StorageError("UNEXPECTED", message, details);
}
