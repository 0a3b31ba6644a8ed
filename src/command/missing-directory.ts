import { stat } from "node:fs/promises";
import { StorageError } from "../errors/error.js";
import type { VerbCall } from "./verb.js";

type Call = Pick<VerbCall, "storageOf" | "say">;

/**
 * Refuses a directory that does not exist. Verbs that vouch for a store, or copy all of it, need this: with a wrong name
 * they would find nothing and report success.
 *
 * @param url of the store. Default: the configured store
 * @throws {StorageError} `CONTAINER_NOT_FOUND`
 */
export async function assertDirectory(call: Call, url?: string): Promise<void> {
  const directory = await missingDirectory(call, url);
  if (directory === undefined) return;
  const message = `There is no directory ${JSON.stringify(directory)}: nothing was ever stored there, or its name is wrong.`;
  throw new StorageError("CONTAINER_NOT_FOUND", message, { store: "file" });
}

/** Says that a directory does not exist. Verbs that may find nothing use this. */
export async function noteMissingDirectory(call: Call, url?: string): Promise<void> {
  const directory = await missingDirectory(call, url);
  if (directory !== undefined) call.say(`coatcheck: there is no directory ${JSON.stringify(directory)} yet`);
}

/** The directory of a store, if it does not exist. The first write creates it, but there is nothing to read. */
async function missingDirectory(call: Call, url: string | undefined): Promise<string | undefined> {
  const storage = await call.storageOf(url);
  if (storage?.provider !== "file") return undefined;
  const { root } = storage;
  return stat(root).then(
    () => undefined,
    (error: unknown) => ((error as NodeJS.ErrnoException).code === "ENOENT" ? root : undefined),
  );
}
