import { types } from "node:util";
import * as z from "zod/mini";
import { hasMethods, isFunction } from "../options/fields.js";
import type { CompositionEvent, ObservedOperation, StorageEvent } from "./event.js";

/** Is told of every operation after its end. What it throws is ignored; it should not block. */
export type StorageObserver = (event: StorageEvent) => void;

/** What is known of an operation when it begins. */
export type OperationAttributes = Readonly<
  Partial<Omit<StorageEvent, "operation" | "outcome" | "code" | "durationMs">>
>;

/** Is told of one operation after its end. */
export interface OperationEnd {
  (event: StorageEvent): void;
  /**
   * Runs what the operation does, inside of a context of the observer's own, such as that of a span; a listing step by
   * step. Must call `work`, once and at once, and give what that gives. Default: nothing stands around it.
   */
  run?: (<T>(work: () => T) => T) | undefined;
}

/**
 * Is told of every operation when it begins, and by what it answers with, when it ends. What either throws is ignored.
 *
 * @example
 * const observer = { start: (operation) => { console.time(operation); return () => console.timeEnd(operation); } };
 */
export interface OperationObserver {
  start(operation: ObservedOperation | CompositionEvent, attributes: OperationAttributes): OperationEnd;
}

/** Whom to tell: one observer, or several. */
export type ObserverOption = StorageObserver | OperationObserver | readonly (StorageObserver | OperationObserver)[];

/** Those who are told, as an owner of the option works with them. */
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

/** Tells an observer that an operation begins. Gives what is to be told of its end, if it answers as it should. */
export function startOf(
  observer: StorageObserver | OperationObserver,
  operation: StorageEvent["operation"],
  attributes: OperationAttributes,
): OperationEnd | undefined {
  if (typeof observer === "function") return observer;
  try {
    const end: unknown = observer.start(operation, { ...attributes });
    return isFunction(end) ? (end as OperationEnd) : undefined;
  } catch {
    return undefined; // observation never changes what a call does
  }
}

/** Runs work inside of what an observer puts around it: once, whatever the observer does, and with what the work gives. */
export function runWithin<T>(end: OperationEnd, work: () => T): T {
  let outcome: (() => T) | undefined;
  const once = (): T => (outcome ??= outcomeOf(work))();
  try {
    const answer: unknown = end.run?.(once);
    if (types.isPromise(answer)) answer.catch(() => undefined); // who awaits the work hears of it
  } catch {
    // Its own failure is ignored, and that of the work is thrown below.
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
