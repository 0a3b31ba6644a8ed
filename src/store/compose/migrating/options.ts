import * as z from "zod/mini";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import { parseOptions } from "../../../options/parse-options.js";
import { storeField } from "../../is-store.js";
import type { Store } from "../../store.js";

/**
 * The phase of a fleet that moves from one store to another:
 *
 * | phase     | reads                             | writes | deletes       |
 * | --------- | --------------------------------- | ------ | ------------- |
 * | `prepare` | `from`, then `to`                 | `from` | `from`, `to`  |
 * | `move`    | `to`, then `from`                 | `to`   | `from`, `to`  |
 * | `drain`   | `to`, then `from`, with an event  | `to`   | `from`, `to`  |
 *
 * Processes in `prepare` and in `move` can run at the same time. Every process is in `prepare` before the first is in
 * `move`, and in `move` before the first is in `drain`.
 */
export type MigrationPhase = "prepare" | "move" | "drain";

/** The two stores of a migration. */
export interface MigrationStores {
  /** The store that the objects leave. */
  from: Store;
  /** The store that takes its place. It must be another store. */
  to: Store;
}

/** Options of {@link MigratingStore}. */
export interface MigratingStoreOptions extends MigrationStores {
  phase: MigrationPhase;
  /**
   * Hears of each read that `from` had to answer in `drain` (`migration_miss`), and of listings that failed. Default:
   * the observer of the manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

/** The fields of {@link MigrationStores}. */
export const migrationFields = { from: storeField, to: storeField };

/** A check of {@link MigrationStores}. An object that is moved onto itself is lost when the old place is emptied. */
export const areTwo = z.refine<MigrationStores>(({ from, to }) => from !== to, {
  path: ["to"],
  message: "must be another store than from",
});

const schema = z
  .strictObject({
    ...migrationFields,
    phase: z.enum(["prepare", "move", "drain"]),
    observer: observerField,
  })
  .check(areTwo);

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseMigratingStoreOptions(options: MigratingStoreOptions): z.output<typeof schema> {
  return parseOptions(schema, options, "MigratingStore");
}
