import type { DriverCall } from "../driver-store.js";
import type { ObjectInfo } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { notFound } from "./errors.js";
import { infoOf } from "./read.js";
import { COPY } from "./scripts.js";
import { newEtag } from "./stored-value.js";

/** Copies an object inside Redis, in one step. The copy is a version of its own, and lives as long as a new object. */
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
  if (reply === null) throw notFound(call);
  return infoOf(to, reply, call);
}
