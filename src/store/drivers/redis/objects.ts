import { collectBody } from "../../body.js";
import { bytesResult } from "../../read-result.js";
import type { DeleteOptions, ObjectInfo, ReadOptions, ReadResult, StoreBody, WriteOptions } from "../../store.js";
import { readCall, type DriverCall } from "../driver-store.js";
import { objectInfo } from "../object-info.js";
import { plainError } from "../service-errors.js";
import type { RedisDatabase } from "./database.js";
import { brokenReply } from "./errors.js";
import { COPY, DELETE, READ, WRITE } from "./scripts.js";
import { decodeInfo, encodeValue, newEtag, unquotedEtag } from "./stored-value.js";

/** Writes one object with one script. Collects a body that is a stream first. */
export async function writeObject(
  database: RedisDatabase,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
): Promise<ObjectInfo> {
  const { contentType, ifNoneMatch, ifMatch } = options;
  const metadata = options.metadata && { ...options.metadata };
  const chunks = await collectBody(body, options, call.details, database.options.maxObjectSize);
  const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const etag = newEtag();
  const value = encodeValue(etag, { contentType, metadata }, chunks, call);
  const condition = ifNoneMatch !== undefined ? "absent" : ifMatch !== undefined ? "match" : "";
  const reply = await database.script(
    call,
    WRITE,
    [database.keys.object(path), database.keys.index],
    [path, value, etag, database.ttl, condition, unquotedEtag(ifMatch ?? "")],
  );
  const [outcome, time] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (!Buffer.isBuffer(outcome)) throw brokenReply(call);
  if (outcome.toString() === "exists") throw plainError("ALREADY_EXISTS", call);
  if (outcome.toString() === "changed") throw plainError("PRECONDITION_FAILED", call);
  if (!Buffer.isBuffer(time)) throw brokenReply(call);
  const lastModified = new Date(Number(time.toString()));
  return { ...objectInfo(path, size, { etag, lastModified, contentType }), ...(metadata && { metadata }) };
}

/** The reply of {@link READ} for an object: header with attributes, size of the value, range. */
type ReadReply = [begin: Buffer, valueSize: Buffer, range: Buffer];

/** Reads an object, or the range of it that the options ask for. */
export async function readObject(
  database: RedisDatabase,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  const { offset = 0, length } = options;
  const isWhole = offset === 0 && length === undefined;
  const { info, bytes } =
    isWhole && !database.options.slidingTtl
      ? await readWhole(database, path, call)
      : await readRange(database, path, offset, length, call);
  return bytesResult(info, bytes, readCall(call));
}

/** Describes an object without its bytes. Returns `undefined` if it is missing. Does not restart its `ttl`. */
export async function statObject(
  database: RedisDatabase,
  path: string,
  call: DriverCall,
): Promise<ObjectInfo | undefined> {
  const reply = await database.script(call, READ, [database.keys.object(path)], ["0", "0", ""]);
  return reply === null ? undefined : infoOf(path, reply, call);
}

/** Copies an object inside Redis, in one step. The copy has a new etag, and lives as long as a new object. */
export async function copyObject(
  database: RedisDatabase,
  from: string,
  to: string,
  call: DriverCall,
): Promise<ObjectInfo> {
  const { keys, ttl } = database;
  const reply = await database.script(
    call,
    COPY,
    [keys.object(from), keys.object(to), keys.index],
    [to, newEtag(), ttl],
  );
  if (reply === null) throw plainError("NOT_FOUND", call);
  return infoOf(to, reply, call);
}

/** Deletes one object. A missing object is no error, except under a condition. */
export async function deleteObject(
  database: RedisDatabase,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const outcome = await database.script(
    call,
    DELETE,
    [database.keys.object(path), database.keys.index],
    [path, ifMatch === undefined ? "" : "match", unquotedEtag(ifMatch ?? "")],
  );
  if (String(outcome) === "changed") throw plainError("PRECONDITION_FAILED", call);
}

/** Restarts the `ttl` of an object without reading its bytes. Returns `false` if the object is missing. */
export async function touchObject(database: RedisDatabase, path: string, call: DriverCall): Promise<boolean> {
  const reply = await database.script(call, READ, [database.keys.object(path)], ["0", "0", database.ttl]);
  if (reply === null) return false;
  infoOf(path, reply, call); // throws for a value that is not ours, which the script left as it is
  return true;
}

/** Describes the object from the reply of {@link READ}. */
function infoOf(path: string, reply: unknown, call: DriverCall): ObjectInfo {
  if (!isReadReply(reply)) throw brokenReply(call);
  const [begin, valueSize] = reply;
  return decodeInfo(path, begin, Number(valueSize.toString()), call);
}

function isReadReply(reply: unknown): reply is ReadReply {
  return Array.isArray(reply) && reply.length === 3 && reply.every((part) => Buffer.isBuffer(part));
}

interface ReadBytes {
  info: ObjectInfo;
  bytes: Uint8Array;
}

// Reads without a script, which would copy the bytes two more times.
async function readWhole(database: RedisDatabase, path: string, call: DriverCall): Promise<ReadBytes> {
  const value = await database.send(call, (commands) => commands.getBuffer(database.keys.object(path)));
  if (value === null) throw plainError("NOT_FOUND", call);
  if (!Buffer.isBuffer(value)) throw brokenReply(call);
  const info = decodeInfo(path, value, value.byteLength, call);
  return { info, bytes: value.subarray(value.byteLength - info.size) };
}

async function readRange(
  database: RedisDatabase,
  path: string,
  offset: number,
  length: number | undefined,
  call: DriverCall,
): Promise<ReadBytes> {
  const args = [offset.toString(), length?.toString() ?? "", database.options.slidingTtl ? database.ttl : ""];
  const reply = await database.script(call, READ, [database.keys.object(path)], args);
  if (reply === null) throw plainError("NOT_FOUND", call);
  const info = infoOf(path, reply, call);
  return { info, bytes: (reply as ReadReply)[2] };
}
