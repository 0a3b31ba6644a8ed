import { randomUUID } from "node:crypto";
import { serviceVariable } from "./service-variable.js";

/** The URL of the Redis that `npm run test:services` started. */
export function redisUrl(): string {
  return serviceVariable("REDIS_URL");
}

/** A prefix that no other store uses. */
export function newPrefix(): string {
  return `test-${randomUUID()}`;
}
