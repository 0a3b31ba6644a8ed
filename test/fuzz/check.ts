import { isDeepStrictEqual } from "node:util";
import { isStorageError, type StorageError, type StorageErrorCode } from "../../src/errors/error.js";
import { CANARY } from "./target.js";

/** What a target throws: the code under test did something that it must not do. */
export class Violation extends Error {}

/** What a call did. */
export type Outcome<T> =
  { readonly value: T; readonly error?: never } | { readonly value?: never; readonly error: StorageError };

/** What a call gives, or its error: a StorageError with one of these codes, whose messages tell nothing of the input. */
export function outcomeOf<T>(codes: readonly StorageErrorCode[], call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    return { error: typedError(codes, error) };
  }
}

/** The same of a call that is asynchronous. One that throws at once is a violation. */
export async function settled<T>(codes: readonly StorageErrorCode[], call: () => Promise<T>): Promise<Outcome<T>> {
  let promise: Promise<T>;
  try {
    promise = call();
  } catch (cause) {
    throw new Violation("An asynchronous call threw at once.", { cause });
  }
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: typedError(codes, error) }),
  );
}

function typedError(codes: readonly StorageErrorCode[], error: unknown): StorageError {
  if (error instanceof Violation) throw error;
  if (!isStorageError(error)) throw new Violation(`It failed with another error: ${String(error)}`, { cause: error });
  if (!codes.includes(error.code)) throw new Violation(`It failed with ${error.code}.`, { cause: error });
  assertSecret(error);
  return error;
}

/** A place in a payload, as `formatPayloadPath` writes it: cut in its middle, or whole. It holds keys, never values. */
const PLACE = /(?<= at )(?:\$.{249}\.{3}.{250}|\$(?:\.[A-Za-z_$][\w$]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*)/gs;

/** The path of an object at the end of a message, whole or cut. */
const PATH = /(?<=[[ ]path )"(?:[^"\\]|\\.)*"(?=\]$)/s;

/** Messages go to logs. The path, and the place in the payload, do not count: they are there to tell what it was about. */
function assertSecret(error: unknown): void {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (withoutPath(at).replace(PLACE, "").includes(CANARY))
      throw new Violation("A message quotes the input.", { cause: error });
  }
}

function withoutPath(error: Error): string {
  const path = isStorageError(error) ? error.path : undefined;
  return path === undefined ? error.message : error.message.replace(PATH, "").replaceAll(path, "");
}

export function assert(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Violation(otherwise);
}

export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Violation(`${what}: ${shown(actual)} instead of ${shown(expected)}`);
  }
}

function shown(value: unknown): string {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Asserts that a value is made of nothing but JSON and bytes: no prototype of an object in it came from data. */
export function assertPlain(value: unknown): void {
  const left = [value];
  while (left.length > 0) {
    const at = left.pop();
    if (typeof at === "function" || typeof at === "symbol" || typeof at === "bigint")
      throw new Violation("It is no data.");
    if (typeof at !== "object" || at === null || at instanceof Uint8Array) continue;
    const prototype: unknown = Object.getPrototypeOf(at);
    assert(prototype === (Array.isArray(at) ? Array.prototype : Object.prototype), "An object has another prototype.");
    for (const item of Object.values(at) as unknown[]) left.push(item);
  }
}

const SHARED: readonly { readonly prototype: object }[] = [
  Object,
  Array,
  String,
  Number,
  Boolean,
  Function,
  Promise,
  RegExp,
  Map,
  Set,
  Error,
  Uint8Array,
  Buffer,
];

/** What the prototypes are that all objects share: the same later on, unless somebody changed one. */
export function sharedPrototypes(): string {
  return SHARED.map(({ prototype }) => Reflect.ownKeys(prototype).length).join();
}
