import { NO_OBJECT } from "../../no-object.js";
import type { CallDetails } from "../../check.js";
import type { Clock } from "../../../async/clock.js";
import { bytesResult, streamResult } from "../../read-result.js";
import type { CallOptions, ObjectInfo, ReadOptions, ReadResult } from "../../store.js";
import { StorageError, isStorageError } from "../../../errors/error.js";
import type { Observers } from "../../../observe/observer.js";
import { askReplicas, type Answer, type ReplicaCall, type Round } from "./ask-replicas.js";
import { readCopy, type ReadCopy, type ReadRequest } from "./copy-body.js";
import { describeCopy, type DigestOf } from "./known-digest.js";
import { answerOf, type ReplicaFailure } from "./replica-errors.js";
import type { Replica } from "./replica.js";
import { ResumedBody } from "./continued-body.js";

/** How copies are read. */
export interface ReaderSettings {
  readonly maxBufferSize: number;
  readonly verifyRanges: boolean;
  readonly digest: DigestOf;
  readonly attemptTimeout?: number | undefined;
  readonly clock: Clock;
  readonly observer?: Observers | undefined;
}

/** Which copies to ask, and what is known before any is asked. */
export interface Course {
  readonly rounds: readonly Round[];
  /** Copies that count as failed without being asked. */
  readonly failures?: readonly ReplicaFailure[];
  /** Is called with the copy that answered. */
  readonly onWin?: (replica: Replica, round: Round) => void;
  /** Is called with each copy that did not answer well. */
  readonly onFailure?: (failure: ReplicaFailure) => void;
}

/** Reads one of several copies. */
export class ReplicaReader {
  constructor(private readonly settings: ReaderSettings) {}

  /** Returns what is needed to ask copies for a call. */
  callOf(details: CallDetails, signal: AbortSignal | undefined): ReplicaCall {
    const { clock, attemptTimeout, observer } = this.settings;
    return { details, signal, limits: { clock, timeout: attemptTimeout }, observer };
  }

  async read(course: Course, path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    return (await this.open(course, path, options, details)).result;
  }

  /** Reads a copy, and returns the digest of the whole object, if it is known. */
  async open(
    course: Course,
    path: string,
    options: ReadOptions,
    details: CallDetails,
  ): Promise<{ result: ReadResult; digest: string | undefined }> {
    const call = this.callOf(details, options.signal);
    const request = this.#requestOf(path, options, details);
    const answer = await this.#ask(
      course,
      call,
      async (replica, attempt) => readCopy(replica, request, attempt),
      ({ body }: ReadCopy) => body.drop(),
    );
    const { replica, value } = answer.winner;
    const result = { store: details.store, signal: options.signal };
    const { info, digest } = value.body;
    if (value.bytes !== undefined) return { result: bytesResult(info, value.bytes, result), digest };

    const failed = new Set(answer.failures.map((failure) => failure.replica));
    const rest = course.rounds
      .flatMap(({ replicas }) => replicas)
      .filter((other) => other !== replica && !failed.has(other));
    const body = new ResumedBody({ replica, body: value.body }, rest, answer.failures, request, call);
    return { result: streamResult(info, body.chunks(), () => body.close(), result), digest };
  }

  /** Returns the first copy that exists. */
  async find(
    course: Course,
    path: string,
    { signal }: CallOptions,
    details: CallDetails,
  ): Promise<{ replica: Replica; info: ObjectInfo } | undefined> {
    try {
      const { winner } = await this.#ask(
        course,
        this.callOf(details, signal),
        async ({ store }, attempt) => {
          const info = await attempt.wait(store.stat(path, { signal: attempt.signal }));
          if (info === undefined) throw new StorageError("NOT_FOUND", NO_OBJECT, details);
          const { info: described } = describeCopy(info);
          attempt.end();
          return described;
        },
        () => undefined,
      );
      return { replica: winner.replica, info: { ...winner.value, path } };
    } catch (error) {
      if (isStorageError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }

  async #ask<T>(
    { rounds, failures: known = [], onWin, onFailure }: Course,
    call: ReplicaCall,
    ask: Parameters<typeof askReplicas<T>>[2],
    discard: (late: T) => unknown,
  ): Promise<Answer<T> & { winner: NonNullable<Answer<T>["winner"]> }> {
    const { winner, failures } = await askReplicas(rounds, call, ask, discard);
    if (onFailure !== undefined) failures.forEach(onFailure);
    const all = [...known, ...failures];
    if (winner === undefined) throw answerOf(all, call.details);
    onWin?.(winner.replica, winner.round);
    return { winner, failures: all };
  }

  #requestOf(path: string, { offset, length }: ReadOptions, details: CallDetails): ReadRequest {
    const { maxBufferSize, verifyRanges, digest } = this.settings;
    const range = { ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) };
    return { path, range, details, maxBufferSize, verifyRanges, digestOf: digest };
  }
}
