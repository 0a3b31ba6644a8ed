import { abortedError } from "../../async/abort.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../errors/error.js";
import type { DriverCall } from "./driver-store.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS, MESSAGE_OF_CODE } from "./http-errors.js";
import type { ServiceFailure } from "./service-failure.js";

/** The meaning of one service's failures. */
export interface ServiceTable<Failure extends ServiceFailure> {
  /** Name of the service in messages. */
  readonly service: string;
  readonly type: abstract new (...args: never[]) => Failure;
  /** Makes the failure from the error of the client library. */
  readonly read: (error: unknown) => Failure;
  /** Codes for the service's names of errors, and for those of its client library. */
  readonly names: ReadonlyMap<string, StorageErrorCode>;
  /** Statuses whose meaning differs from that in other services. */
  readonly statuses: readonly (readonly [status: number, code: StorageErrorCode])[];
  /** Codes that mean a broken `ifMatch`, besides `PRECONDITION_FAILED`. */
  readonly unmatched: readonly StorageErrorCode[];
  /** Returns the code of a failure whose name is unknown. Asked before the status. */
  readonly nameless?: (failure: Failure) => StorageErrorCode | undefined;
  /** Returns a message, or a `retryable`, that differs from the default of the code. */
  readonly special?: (failure: Failure) => { message?: string; retryable?: boolean };
}

/** The typed errors of one service. Judged by errno, name and HTTP status, never by message. */
export class ServiceErrors<Failure extends ServiceFailure> {
  readonly #codeOfStatus: ReadonlyMap<number, StorageErrorCode>;

  constructor(private readonly table: ServiceTable<Failure>) {
    this.#codeOfStatus = new Map([...CODE_OF_STATUS, ...table.statuses]);
  }

  /** Makes the error of a failed request. Its cause is a failure of the service. */
  of(error: unknown, call: DriverCall): StorageError {
    const known = knownError(error, call);
    if (known !== undefined) return known;
    const failure = this.table.read(error);
    return this.failed(this.codeOf(failure, call.condition), failure, call);
  }

  /**
   * Makes the error of a failure with the given code. @param begin of its message, for a code without its own message
   */
  failed(code: StorageErrorCode, failure: Failure, { details }: DriverCall, begin?: string): StorageError {
    const { service, special } = this.table;
    const plain = begin === undefined ? MESSAGE_OF_CODE[code] : undefined;
    const reason = failure.message.replace(/\.$/, "");
    const { message = plain ?? `${begin ?? `The request to ${service} failed`}: ${reason}.`, retryable } =
      special?.(failure) ?? {};
    return new StorageError(code, message, { ...details, cause: failure, retryable });
  }

  codeOf(failure: Failure, condition?: DriverCall["condition"]): StorageErrorCode {
    const { names, nameless, unmatched } = this.table;
    const { name, code = "", httpStatus } = failure;
    // The errno first, since a client library may name every broken connection a timeout.
    const named = CODE_OF_ERRNO.get(code) ?? names.get(name) ?? names.get(code);
    const found = named ?? nameless?.(failure) ?? this.#byStatus(httpStatus) ?? "UNEXPECTED";
    if (condition === "ifNoneMatch" && found === "PRECONDITION_FAILED") return "ALREADY_EXISTS";
    return condition === "ifMatch" && unmatched.includes(found) ? "PRECONDITION_FAILED" : found;
  }

  /** Returns the service's failure, if the service caused the error. */
  failureOf(error: unknown): Failure | undefined {
    return isStorageError(error) && error.cause instanceof this.table.type ? error.cause : undefined;
  }

  /** Returns the HTTP status of a failed request. */
  httpStatusOf(error: unknown): number | undefined {
    return this.failureOf(error)?.httpStatus;
  }

  #byStatus(status: number | undefined): StorageErrorCode | undefined {
    if (status === undefined) return undefined;
    return this.#codeOfStatus.get(status) ?? (status >= 500 ? "UNAVAILABLE" : undefined);
  }
}

/** Returns the error if it is typed already, or an `ABORTED` error if the call was aborted. */
export function knownError(error: unknown, { signal, details }: DriverCall): StorageError | undefined {
  if (isStorageError(error)) return error;
  return signal?.aborted ? abortedError(signal, details) : undefined;
}

/** Makes an error with the default message of its code. */
export function plainError(code: StorageErrorCode, { details }: DriverCall): StorageError {
  return new StorageError(code, MESSAGE_OF_CODE[code] ?? "The request failed.", details);
}

/** Maps each name to its code. The input has the names by code, separated by spaces. */
export function codesOfNames(
  names: Readonly<Partial<Record<StorageErrorCode, string>>>,
): ReadonlyMap<string, StorageErrorCode> {
  const codes = Object.entries(names) as [StorageErrorCode, string][];
  return new Map(codes.flatMap(([code, text]) => text.split(" ").map((name) => [name, code] as const)));
}
