import type { Observers } from "../../../observe/observer.js";
import { tell } from "../../../observe/tell.js";
import type { Capability, CapabilityFlag } from "../../capability.js";
import type { CallDetails } from "../../check.js";
import { StorageError } from "../../../errors/error.js";
import type { DeleteOptions, ReadOptions, WriteOptions } from "../../store.js";
import type { Operation } from "./options.js";

type CallOption = keyof (WriteOptions & ReadOptions & DeleteOptions);

/** The capability that a store needs to honour an option. */
const NEEDS: Partial<Record<Operation, Partial<Record<CallOption, CapabilityFlag>>>> = {
  write: { ifNoneMatch: "ifNoneMatch", ifMatch: "ifMatch", metadata: "metadata", contentType: "contentType" },
  read: { offset: "rangeRead", length: "rangeRead" },
  delete: { ifMatch: "deleteIfMatch" },
};

/** Options that describe an object, and do not decide the outcome. */
const OPTIONAL: ReadonlySet<string> = new Set<CallOption>(["contentType", "metadata"]);

/** Options of one call, without those that the store can't honour. */
export interface Honoured<Options> {
  readonly options: Options;
  /** Options that are missing, so that the call has to be refused. */
  readonly refused: readonly string[];
  /** Options that are missing, and may be dropped. */
  readonly dropped: readonly string[];
}

/** Returns the options of a call that a store may be unable to honour, each with the capability that it needs. */
export function demands(operation: Operation, options: object): readonly (readonly [string, CapabilityFlag])[] {
  const given = options as Readonly<Record<string, unknown>>;
  return Object.entries(NEEDS[operation] ?? {}).filter(([option]) => given[option] !== undefined);
}

/** Removes the options that can't be honoured with this capability. */
export function honoured<Options extends object>(
  capability: Readonly<Capability>,
  operation: Operation,
  options: Options,
  loose: ReadonlySet<Operation>,
): Honoured<Options> {
  const missing = demands(operation, options)
    .filter(([, flag]) => !capability[flag])
    .map(([option]) => option);
  if (missing.length === 0) return { options, refused: [], dropped: [] };
  const kept = Object.fromEntries(Object.entries(options).filter(([option]) => !missing.includes(option))) as Options;
  const isDropped = (option: string): boolean => loose.has(operation) && OPTIONAL.has(option);
  return {
    options: kept,
    refused: missing.filter((option) => !isDropped(option)),
    dropped: missing.filter(isDropped),
  };
}

/**
 * Refuses the call if an option that it needs can't be honoured, and tells the observer of options that are dropped.
 *
 * @throws {StorageError} `UNSUPPORTED` that names all of them
 */
export function settleOptions(
  { refused, dropped }: Honoured<unknown>,
  details: CallDetails,
  observer: Observers | undefined,
): void {
  if (refused.length > 0) {
    const names = refused.map((option) => `"${option}"`).join(", ");
    throw new StorageError("UNSUPPORTED", `The ${details.store} store does not support the options ${names}.`, details);
  }
  for (const option of dropped) tell(observer, "option_dropped", details.store, { during: details.operation, option });
}
