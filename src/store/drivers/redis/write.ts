import type { DriverCall } from "../driver-store.js";
import { collectBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { alreadyExists, brokenReply, preconditionFailed } from "./errors.js";
import { WRITE } from "./scripts.js";
import { encodeValue, newEtag, quotedEtag, unquotedEtag } from "./stored-value.js";

/** Writes one object by one script. A body that is still to come is collected first. */
export async function writeObject(
  database: RedisDatabase,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
): Promise<ObjectInfo> {
  const { contentType, ifNoneMatch, ifMatch } = options;
  const metadata = options.metadata && { ...options.metadata };
  const chunks = await collectBody(body, options, call.details, database.maxObjectSize);
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
  if (outcome.toString() === "exists") throw alreadyExists(call);
  if (outcome.toString() === "changed") throw preconditionFailed(call);
  if (!Buffer.isBuffer(time)) throw brokenReply(call);
  return {
    path,
    size,
    etag: quotedEtag(etag),
    lastModified: new Date(Number(time.toString())),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata }),
  };
}
