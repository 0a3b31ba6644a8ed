import { types } from "node:util";
import * as z from "zod/mini";
import { hasMethods, isFunction } from "../options/fields.js";
import type { CompositionEvent, ObservedOperation, StorageEvent } from "./event.js";

/** Called after the end of every operation. Errors that it throws are ignored. It should not block. */
export type StorageObserver = (event: StorageEvent) => void;

/** The facts about an operation that are known when it begins. */
export type OperationAttributes = Readonly<
  Partial<Omit<StorageEvent, "operation" | "outcome" | "code" | "durationMs">>
>;

/** Called after the end of one operation. */
export interface OperationEnd {
  (event: StorageEvent): void;
  /**
   * Runs the work of the operation inside the observer's own context, such as the context of a span. A listing runs
   * step by step. It must call `work` exactly once, synchronously, and return its result. Default: no context.
   */
  run?: (<T>(work: () => T) => T) | undefined;
}

/**
 * Called when an operation begins. The function that it returns is called when the operation ends. Errors that either
 * throws are ignored.
 *
 * @example
 * const observer = { start: (operation) => { console.time(operation); return () => console.timeEnd(operation); } };
 */
export interface OperationObserver {
  start(operation: ObservedOperation | CompositionEvent, attributes: OperationAttributes): OperationEnd;
}

/** One observer, or several. */
export type ObserverOption = StorageObserver | OperationObserver | readonly (StorageObserver | OperationObserver)[];

/** The list of observers, in the form that owners of the option use. */
export type Observers = readonly (StorageObserver | OperationObserver)[];

/** The option `observer` of managers and stores. */
export const observerField = z.optional(
  z.pipe(
    z.custom<ObserverOption>(
      (value) => (Array.isArray(value) ? Array.from<unknown>(value).every(isObserver) : isObserver(value)),
      "must be a function, an object with a method start, or a list of such",
    ),
    z.transform((option) => Object.freeze([option].flat() as Observers)),
  ),
);

const startsOperations = hasMethods("start");

function isObserver(value: unknown): boolean {
  return isFunction(value) || startsOperations(value);
}

/**
 * Notifies an observer that an operation begins. Returns the function to call at its end, if the observer returned
 * one.
 */
export function startOf(
  observer: StorageObserver | OperationObserver,
  operation: StorageEvent["operation"],
  attributes: OperationAttributes,
): OperationEnd | undefined {
  if (typeof observer === "function") return observer;
  try {
    const end: unknown = observer.start(operation, { ...attributes });
    if (types.isPromise(end)) end.catch(() => undefined); // an async `start` answers too late
    return isFunction(end) ? (end as OperationEnd) : undefined;
  } catch {
    return undefined; // observation never changes what a call does
  }
}

/**
 * Runs work inside an observer's context. The work runs once, whatever the observer does, and its result is returned.
 */
export function runWithin<T>(end: OperationEnd, work: () => T): T {
  let outcome: (() => T) | undefined;
  const once = (): T => (outcome ??= outcomeOf(work))();
  try {
    const answer: unknown = end.run?.(once);
    if (types.isPromise(answer)) answer.catch(() => undefined); // the caller that awaits the work gets the error
  } catch {
    // The observer's own failure is ignored. An error of the work is thrown below.
  }
  return once();
}

function outcomeOf<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
