import { StorageError } from "../errors/error.js";
import type { VerbCall } from "./verb.js";

type Call = Pick<VerbCall, "missingDirectory" | "say">;

/**
 * Refuses a directory that does not exist. Verbs that vouch for a store, or copy all of it, need this: with a wrong name
 * they would find nothing and report success.
 *
 * @param url of the store. Default: the configured store
 * @throws {StorageError} `CONTAINER_NOT_FOUND`
 */
export async function assertDirectory(call: Call, url?: string): Promise<void> {
  const directory = await call.missingDirectory(url);
  if (directory === undefined) return;
  const message = `There is no directory ${JSON.stringify(directory)}: nothing was ever stored there, or its name is wrong.`;
  throw new StorageError("CONTAINER_NOT_FOUND", message, { store: "file" });
}

/** Says that a directory does not exist. Verbs that may find nothing use this. */
export async function noteMissingDirectory(call: Call, url?: string): Promise<void> {
  const directory = await call.missingDirectory(url);
  if (directory !== undefined) call.say(`coatcheck: there is no directory ${JSON.stringify(directory)} yet`);
}
