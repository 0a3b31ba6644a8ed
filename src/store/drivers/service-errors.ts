import { abortedError } from "../../async/abort.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../errors/error.js";
import type { DriverCall } from "./driver-store.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS, MESSAGE_OF_CODE } from "./http-errors.js";
import type { ServiceFailure } from "./service-failure.js";

/** What one service means by its failures. */
export interface ServiceTable<Failure extends ServiceFailure> {
  /** The service, as messages call it. */
  readonly service: string;
  readonly type: abstract new (...args: never[]) => Failure;
  /** The failure in whatever the client library threw. */
  readonly read: (error: unknown) => Failure;
  /** The service's names of errors, and those of its client library. */
  readonly names: ReadonlyMap<string, StorageErrorCode>;
  /** Statuses that mean something where they do not for all services. */
  readonly statuses: readonly (readonly [status: number, code: StorageErrorCode])[];
  /** What the service says, beside `PRECONDITION_FAILED`, when `ifMatch` does not hold. */
  readonly unmatched: readonly StorageErrorCode[];
  /** What a failure means whose name says nothing; asked before its status is. */
  readonly nameless?: (failure: Failure) => StorageErrorCode | undefined;
  /** What the error says otherwise than its code does. */
  readonly special?: (failure: Failure) => { message?: string; retryable?: boolean };
}

/** The typed errors of one service, judged by errno, name and HTTP status, never by message. */
export class ServiceErrors<Failure extends ServiceFailure> {
  readonly #codeOfStatus: ReadonlyMap<number, StorageErrorCode>;

  constructor(private readonly table: ServiceTable<Failure>) {
    this.#codeOfStatus = new Map([...CODE_OF_STATUS, ...table.statuses]);
  }

  /** The error of whatever a request failed with. Its cause is a failure of the service. */
  of(error: unknown, call: DriverCall): StorageError {
    const known = knownError(error, call);
    if (known !== undefined) return known;
    const failure = this.table.read(error);
    return this.failed(this.codeOf(failure, call.condition), failure, call);
  }

  /** The error of a failure that means `code`. @param begin of its message, where no code has one of its own */
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
    // The errno first: a client library may give every broken connection the name of a timeout.
    const named = CODE_OF_ERRNO.get(code) ?? names.get(name) ?? names.get(code);
    const found = named ?? nameless?.(failure) ?? this.#byStatus(httpStatus) ?? "UNEXPECTED";
    if (condition === "ifNoneMatch" && found === "PRECONDITION_FAILED") return "ALREADY_EXISTS";
    return condition === "ifMatch" && unmatched.includes(found) ? "PRECONDITION_FAILED" : found;
  }

  /** What the service said, if it was the service that made a call fail. */
  failureOf(error: unknown): Failure | undefined {
    return isStorageError(error) && error.cause instanceof this.table.type ? error.cause : undefined;
  }

  /** The HTTP status that a failed request was answered with. */
  httpStatusOf(error: unknown): number | undefined {
    return this.failureOf(error)?.httpStatus;
  }

  #byStatus(status: number | undefined): StorageErrorCode | undefined {
    if (status === undefined) return undefined;
    return this.#codeOfStatus.get(status) ?? (status >= 500 ? "UNAVAILABLE" : undefined);
  }
}

/** The error of a call that is typed already, or was aborted. */
export function knownError(error: unknown, { signal, details }: DriverCall): StorageError | undefined {
  if (isStorageError(error)) return error;
  return signal?.aborted ? abortedError(signal, details) : undefined;
}

/** An error with the message that says all there is to say of its code. */
export function plainError(code: StorageErrorCode, { details }: DriverCall): StorageError {
  return new StorageError(code, MESSAGE_OF_CODE[code] ?? "The request failed.", details);
}

/** The codes of names that are written by code, separated by spaces. */
export function codesOfNames(
  names: Readonly<Partial<Record<StorageErrorCode, string>>>,
): ReadonlyMap<string, StorageErrorCode> {
  const codes = Object.entries(names) as [StorageErrorCode, string][];
  return new Map(codes.flatMap(([code, text]) => text.split(" ").map((name) => [name, code] as const)));
}
