import type { DriverCall } from "../driver-store.js";
import type { DeleteOptions } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { preconditionFailed } from "./errors.js";
import { DELETE } from "./scripts.js";
import { unquotedEtag } from "./stored-value.js";

/** Deletes one object. A missing one is no error, except under a condition. */
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
  if (String(outcome) === "changed") throw preconditionFailed(call);
}
