import * as z from "zod/mini";
import { count } from "../../configure/fields.js";
import { timeToLive } from "../../configure/retention.js";
import { signedText } from "../../configure/signing-settings.js";
import { hasMethods, isFunction } from "../../options/fields.js";
import type { StorageManager } from "../../manager/storage-manager.js";

/** Options that the adapters of several engines have. */
export const engineFields = {
  manager: z.custom<StorageManager>(hasMethods("dehydrate", "hydrate", "plan", "release"), "must be a StorageManager"),
  over: z.optional(count),
  ttl: z.optional(timeToLive),
  audience: z.optional(signedText),
};

/** An option that is a function. */
export function functionField<T>() {
  return z.custom<T>(isFunction, "must be a function");
}
