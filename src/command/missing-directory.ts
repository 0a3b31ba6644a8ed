import { StorageError } from "../errors/error.js";
import type { VerbCall } from "./verb.js";

type Call = Pick<VerbCall, "missingDirectory" | "say">;

/**
 * Refuses a directory that is not there, for verbs that vouch for a store or take all from it: of a store that is empty,
 * because its name is wrong, they would say that all is well.
 *
 * @param url of the store; default: the own one
 * @throws {StorageError} `CONTAINER_NOT_FOUND`
 */
export async function assertDirectory(call: Call, url?: string): Promise<void> {
  const directory = await call.missingDirectory(url);
  if (directory === undefined) return;
  const message = `There is no directory ${JSON.stringify(directory)}: nothing was ever stored there, or its name is wrong.`;
  throw new StorageError("CONTAINER_NOT_FOUND", message, { store: "file" });
}

/** Says so, for verbs that find nothing there, which is an answer. */
export async function noteMissingDirectory(call: Call, url?: string): Promise<void> {
  const directory = await call.missingDirectory(url);
  if (directory !== undefined) call.say(`coatcheck: there is no directory ${JSON.stringify(directory)} yet`);
}
