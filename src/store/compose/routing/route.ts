import { restated } from "../../../errors/as-storage-error.js";
import { isStorageError } from "../../../errors/error.js";
import { formatLocation, type Target } from "../../../paths/location.js";
import { redescribed } from "../../read-result.js";
import type { ObjectInfo, ReadResult } from "../../store.js";

/** A path as a caller gave it, and the path in the store that it leads to. */
export interface Route {
  readonly text: string;
  /** The object path, decoded. */
  readonly path: string;
  /** Absent for a plain path, which is the primary's and stays as it is. */
  readonly target?: Target;
}

/** Describes an object under the path that the caller gave. */
export function asGiven<Info extends ObjectInfo | undefined>(info: Info, { text }: Route): Info {
  return info === undefined || info.path === text ? info : { ...info, path: text };
}

/** Describes a listed object under its absolute path, in one form for all ways to write the path. */
export function asListed(info: ObjectInfo, { target }: Route): ObjectInfo {
  return target === undefined ? info : { ...info, path: formatLocation({ target, path: info.path }) };
}

/** Returns the error that a store rejected with, under the path that the caller gave. */
export function givenError(error: unknown, ...routes: readonly Route[]): unknown {
  if (!isStorageError(error)) return error;
  const route = routes.find(({ path }) => path === error.path);
  return route === undefined || route.text === error.path ? error : restated(error, { path: route.text });
}

/** Settles as the call does. Its error has the path that the caller gave. */
export async function routed<T>(call: Promise<T>, ...routes: readonly Route[]): Promise<T>;
export async function routed<T>(call: Promise<T> | undefined, ...routes: readonly Route[]): Promise<T | undefined>;
export async function routed<T>(call: Promise<T> | undefined, ...routes: readonly Route[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    throw givenError(error, ...routes);
  }
}

/** Describes the result of a read, and its errors, under the path that the caller gave. */
export function routedResult(result: ReadResult, route: Route): ReadResult {
  if (route.target === undefined && result.info.path === route.text) return result;
  return redescribed(result, asGiven(result.info, route), (error) => givenError(error, route));
}
