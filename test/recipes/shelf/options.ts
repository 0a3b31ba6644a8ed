import * as z from "zod/mini";
import { hasMethods } from "../../../src/options/fields.js";
import { parseOptions } from "../../../src/options/parse-options.js";
import type { ShelfClient } from "./client.js";

/** Options of a {@link ShelfStore}. */
export interface ShelfStoreOptions {
  /** The client to use. The store does not close it. */
  client: ShelfClient;
}

const schema = z.strictObject({
  client: z.custom<ShelfClient>(hasMethods("put", "get", "remove", "keys"), "must be a client of the shelf"),
});

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
export function parseShelfOptions(options: ShelfStoreOptions): ShelfStoreOptions {
  return parseOptions(schema, options, "ShelfStore");
}
