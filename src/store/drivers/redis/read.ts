import type { DriverCall } from "../driver-store.js";
import { bytesResult } from "../../read-result.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { brokenReply, notFound } from "./errors.js";
import { READ } from "./scripts.js";
import { decodeInfo } from "./stored-value.js";

/** What {@link READ} answers of an object: header with attributes, size of the value, range. */
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
    isWhole && !database.slidingTtl
      ? await readWhole(database, path, call)
      : await readRange(database, path, offset, length, call);
  return bytesResult(info, bytes, { store: call.details.store, signal: call.signal });
}

/** Describes an object without its bytes; `undefined` when it is missing. Does not begin its `ttl` anew. */
export async function statObject(
  database: RedisDatabase,
  path: string,
  call: DriverCall,
): Promise<ObjectInfo | undefined> {
  const reply = await database.script(call, READ, [database.keys.object(path)], ["0", "0", ""]);
  return reply === null ? undefined : infoOf(path, reply, call);
}

/** The object that {@link READ} describes. */
export function infoOf(path: string, reply: unknown, call: DriverCall): ObjectInfo {
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

// Not by a script, which would copy the bytes twice more.
async function readWhole(database: RedisDatabase, path: string, call: DriverCall): Promise<ReadBytes> {
  const value = await database.send(call, (commands) => commands.getBuffer(database.keys.object(path)));
  if (value === null) throw notFound(call);
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
  const args = [offset.toString(), length?.toString() ?? "", database.slidingTtl ? database.ttl : ""];
  const reply = await database.script(call, READ, [database.keys.object(path)], args);
  if (reply === null) throw notFound(call);
  const info = infoOf(path, reply, call);
  return { info, bytes: (reply as ReadReply)[2] };
}
