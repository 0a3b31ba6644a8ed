import { randomUUID } from "node:crypto";
import { serviceVariable } from "./service-variable.js";

/**
 * The URL of the Redis that `npm run test:services` started.
 *
 * @param database a file that empties its database needs one of its own, since files run at the same time
 */
export function redisUrl(database = 0): string {
  return `${serviceVariable("REDIS_URL")}/${database}`;
}

/** A prefix that no other store uses. */
export function newPrefix(): string {
  return `test-${randomUUID()}`;
}
