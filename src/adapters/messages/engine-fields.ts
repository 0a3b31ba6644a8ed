import * as z from "zod/mini";
import { count } from "../../configure/fields.js";
import { timeToLive } from "../../configure/retention.js";
import { signedText } from "../../configure/signing-settings.js";
import { assertArgument } from "../../options/argument.js";
import { hasMethods, isFunction } from "../../options/fields.js";
import type { StorageManager } from "../../manager/storage-manager.js";

const isManager = hasMethods("dehydrate", "hydrate", "plan", "release");

/** Refuses what is no manager, as the first argument of a function. @throws {StorageError} `CONFIG_INVALID` */
export function assertManager(manager: unknown, owner: string): asserts manager is StorageManager {
  assertArgument(isManager(manager), owner, "manager: must be a StorageManager");
}

/** Schemas of options that several engines' adapters share. */
export const engineFields = {
  manager: z.custom<StorageManager>(isManager, "must be a StorageManager"),
  over: z.optional(count),
  ttl: z.optional(timeToLive),
  audience: z.optional(signedText),
};

/** Makes the schema of an option that is a function. */
export function functionField<T>() {
  return z.custom<T>(isFunction, "must be a function");
}
