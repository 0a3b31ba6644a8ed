import type { DeleteOptions } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { preconditionFailed, type RedisCall } from "./errors.js";
import { DELETE } from "./scripts.js";
import { unquotedEtag } from "./stored-value.js";

/** Deletes one object. A missing one is no error, except under a condition. */
export async function deleteObject(
  database: RedisDatabase,
  path: string,
  { ifMatch }: DeleteOptions,
  call: RedisCall,
): Promise<void> {
  const outcome = await database.script(
    call,
    DELETE,
    [database.keys.object(path), database.keys.index],
    [path, ifMatch === undefined ? "" : "match", unquotedEtag(ifMatch ?? "")],
  );
  if (String(outcome) === "changed") throw preconditionFailed(call);
}
