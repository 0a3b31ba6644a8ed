import type { DriverCall } from "../driver-store.js";
import type { RedisDatabase } from "./database.js";
import { infoOf } from "./read.js";
import { READ } from "./scripts.js";

/** Begins the `ttl` of an object anew, without reading its bytes. False when there is none. */
export async function touchObject(database: RedisDatabase, path: string, call: DriverCall): Promise<boolean> {
  const reply = await database.script(call, READ, [database.keys.object(path)], ["0", "0", database.ttl]);
  if (reply === null) return false;
  infoOf(path, reply, call); // or it is none of ours, and was left as it is
  return true;
}
