import { StorageError } from "../errors/error.js";
import { isObject } from "../json/is-object.js";
import { hasMethods, isFunction } from "./fields.js";

/**
 * Refuses an argument of the wrong kind.
 *
 * @param owner the function that got it
 * @param problem the argument, and what it must be
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertArgument(isRight: boolean, owner: string, problem: string): asserts isRight {
  if (isRight) return;
  throw new StorageError("CONFIG_INVALID", `The arguments of ${owner} are not valid. ${problem}.`, {
    operation: "configure",
  });
}

/** Refuses what is no object. @throws {StorageError} `CONFIG_INVALID` */
export function assertObject(value: unknown, owner: string, name: string): asserts value is object {
  assertArgument(isObject(value), owner, `${name}: must be an object`);
}

/** Refuses what has not these methods, such as another client than the owner's. @throws {StorageError} `CONFIG_INVALID` */
export function assertMethods(value: unknown, owner: string, name: string, ...methods: readonly string[]): void {
  assertArgument(hasMethods(...methods)(value), owner, `${name}: must be an object with ${methods.join(", ")}`);
}

/** Refuses what is no function. @throws {StorageError} `CONFIG_INVALID` */
export function assertHandler(handler: unknown, owner: string): void {
  assertArgument(isFunction(handler), owner, "handler: must be a function");
}

/** Refuses what is no array. @throws {StorageError} `CONFIG_INVALID` */
export function assertArray(value: unknown, owner: string, name: string): void {
  assertArgument(Array.isArray(value), owner, `${name}: must be an array`);
}
