import { types } from "node:util";
import { abortable } from "../../async/abort.js";
import { isStorageError, type StorageError } from "../../errors/error.js";
import { isUnknownKey } from "../../codecs/aes256gcm/encryption-keys.js";
import { notify } from "../../observe/notify.js";
import { formatPayloadPath } from "../../plan/payload-path.js";
import { pathOf, type Spot } from "../../reference/find-references.js";
import type { CallOptions } from "../../store/store.js";
import type { StorageManagerOptions } from "../../configure/options.js";
import { callFailure } from "../../errors/as-storage-error.js";

/**
 * What is wrong:
 * - `"missing"`: what a reference points at is not there (`NOT_FOUND`).
 * - `"corrupt"`: what is there is not what was written, or not what its reference says, or can't be read as what it is
 *   (`INTEGRITY`, `DECODE_FAILED`).
 * - `"orphaned"`: an object that nothing leads to. It has no error.
 * - `"refused"`: it was not looked at, and nothing is said of it. Hydration would refuse the reference (`INVALID_REFERENCE`,
 *   `SIGNATURE_INVALID`, `REFERENCE_DENIED`, `UNKNOWN_SCHEME`, `CYCLIC_REFERENCE`), this manager lacks a codec or key
 *   (`DECODE_FAILED`), it is larger than `maxBytes` (`BUDGET_EXCEEDED`), or the store failed (`UNAVAILABLE`, `TIMEOUT` and
 *   all others).
 */
export type VerifyProblemKind = "missing" | "corrupt" | "orphaned" | "refused";

/** One thing that is wrong. */
export interface VerifyProblem {
  kind: VerifyProblemKind;
  /** The object; of a reference, the one it points at. Absent when the reference does not say. */
  path?: string;
  /**
   * Where the reference stands, as in `$.items[3]["a.b"]`: in the hydrated payload; of a reference that was found in an
   * object of a prefix, in the value that is stored there.
   */
  at?: string;
  /** Of a reference that was found in a stored object: that object. */
  foundIn?: string;
  /** Why; `undefined` for what is orphaned. */
  error: StorageError | undefined;
}

/** How far a verification has come. */
export interface VerifyProgress {
  /** Objects that were looked at. Of a payload: that its references lead to, each counted once. */
  objects: number;
  /** Bytes that were read of them; of a prefix, the bytes that its objects have. */
  bytes: number;
  /** References that were looked at, by occurrence: in payloads and in stored objects. */
  references: number;
  /** Problems that were found. */
  problems: number;
  /** Of a prefix: all objects up to this path were looked at. The `startAfter` of a verification that goes on from here. */
  lastPath?: string;
}

/**
 * What a verification has found. Nothing that is wrong with an object or a reference is thrown, and nothing of it ends the
 * verification.
 *
 * Of a dehydrated payload: every reference in it, also those in what they point at, is well-formed, signed and allowed,
 * and can be decoded; what it points at is there, has its size and digest, decrypts and decompresses, and is a
 * StoredObject, or binary. Each entry is read once, in the memory of what is read at a time; `maxBytes` is that of each
 * entry, and other budgets of hydration are not asked for. References of resolvers are not looked at; nor are schemas.
 *
 * Of a path prefix: every object whose path begins with it. An object that has the name of its content is read and
 * compared with it; StoredObjects are parsed, decrypted and decompressed as far as they tell themselves what they are (see
 * `unchecked`); references in them are well-formed, signed and allowed, and what they point at is there. A user's own
 * objects, and those of the dialect `bubustack`, are only read. Use the codecs of those who wrote, and the manager of each
 * tenant for its own: references are checked as those of the manager that is asked. To go on where it was broken off:
 * `startAfter`, and the `lastPath` that `onProgress` told last.
 *
 * @example
 * const { ok } = await manager.verify(message); // can it be hydrated?
 * const report = await manager.verifyPrefix("outputs/run-42/", { onProgress: ({ lastPath }) => save(lastPath) });
 * for (const { kind, path, error } of report.problems) console.warn(kind, path, error?.message);
 */
export interface VerifyReport {
  /** Whether there are no problems. */
  ok: boolean;
  /** As {@link VerifyProgress.objects}. */
  objects: number;
  /** As {@link VerifyProgress.bytes}. */
  bytes: number;
  /** As {@link VerifyProgress.references}. */
  references: number;
  missing: number;
  corrupt: number;
  orphaned: number;
  refused: number;
  /**
   * Of a prefix: objects of which only the digest could be checked, not what it is the digest of: encrypted by a key that
   * this manager does not have, encoded by a codec that only a reference tells, or an envelope of more than 16 MiB. No
   * problem, but references in them were not seen.
   */
  unchecked: number;
  /** The first `maxProblems` problems. `onProblem` gets all. */
  problems: VerifyProblem[];
  /** As {@link VerifyProgress.lastPath}. */
  lastPath?: string;
}

/** Options of the verification of a payload. Those of the manager of the same name are overridden for this call. */
export interface VerifyOptions extends CallOptions, Pick<StorageManagerOptions, "timeout"> {
  /** Path prefixes that references may lead to, besides those of the manager. */
  allow?: readonly string[] | undefined;
  /** Most problems that the report lists, default 1000; it counts all. */
  maxProblems?: number | undefined;
  /**
   * Is told of every problem. What it throws is ignored. Before a verification looks at another object it waits for the last
   * promise that it gave.
   */
  onProblem?: ((problem: VerifyProblem) => unknown) | undefined;
  /** Is told after every object. What it throws is ignored. */
  onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** For whom references were signed, in place of `signing.audience`. Without `signing` it is `CONFIG_INVALID`. */
  audience?: string | undefined;
  /** The step run that events are attributed to. */
  stepRunId?: string | undefined;
}

/** Options of the verification of a prefix. Those of the manager of the same name are overridden for this call. */
export interface VerifyPrefixOptions extends VerifyOptions {
  /**
   * Looks only at objects after this path, the `lastPath` of a verification that was broken off. What is
   * wrong with objects after it, was perhaps told before.
   */
  startAfter?: string | undefined;
  /**
   * All dehydrated payloads that are still in use. They are verified too (`at` begins with the number of the
   * payload, `$[0]`), and objects below the prefix that none of them leads to, at any depth, are `orphaned`. Nothing must be
   * written below the prefix meanwhile: its payload would not be among them. As long as one of them can't be followed to
   * its end, because an entry is `corrupt` or `refused`, nothing is called orphaned but leftovers, since nobody knows what
   * else is in use. The paths of what they lead to are held in memory.
   *
   * Default: only leftovers are `orphaned`, the `.part` objects of streams that were not finished: of a process that died,
   * or that is still writing.
   */
  payloads?: Iterable<unknown> | AsyncIterable<unknown> | undefined;
}

/** Thrown in place of an error that says nothing of the object, though its code could. */
export class Refusal extends Error {
  constructor(readonly error: StorageError) {
    super("It was not looked at.");
  }
}

/** Where a problem is. */
export interface ProblemPlace {
  readonly path?: string | undefined;
  readonly spot?: Spot | undefined;
  readonly foundIn?: string | undefined;
  /** Whether `spot` says where it is: of the whole value it is `undefined`. */
  readonly hasSpot?: boolean;
}

/** Counts and tells what a verification finds. */
export class Findings {
  objects = 0;
  bytes = 0;
  references = 0;
  unchecked = 0;
  lastPath: string | undefined;
  private readonly counts: Record<VerifyProblemKind, number> = { missing: 0, corrupt: 0, orphaned: 0, refused: 0 };
  private readonly problems: VerifyProblem[] = [];
  private heard: unknown;

  constructor(
    private readonly options: {
      readonly maxProblems: number;
      readonly onProblem?: ((problem: VerifyProblem) => unknown) | undefined;
      readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
    },
  ) {}

  add(kind: VerifyProblemKind, { path, spot, hasSpot, foundIn }: ProblemPlace, error?: StorageError): void {
    this.counts[kind]++;
    const isListed = this.problems.length < this.options.maxProblems;
    if (!isListed && this.options.onProblem === undefined) return;
    const problem: VerifyProblem = {
      kind,
      ...(path === undefined ? {} : { path }),
      ...(hasSpot === true ? { at: formatPayloadPath(pathOf(spot)) } : {}),
      ...(foundIn === undefined ? {} : { foundIn }),
      error,
    };
    if (isListed) this.problems.push(problem);
    const { onProblem } = this.options;
    if (onProblem !== undefined) notify((told) => (this.heard = onProblem(told)), { ...problem });
  }

  /** Whoever writes down what it is told may be slower than what finds it. @throws {StorageError} `ABORTED` */
  async untilHeard(signal: AbortSignal | undefined): Promise<void> {
    const { heard } = this;
    if (!types.isPromise(heard)) return;
    await abortable(
      heard.catch(() => undefined),
      signal,
    );
    if (this.heard === heard) this.heard = undefined;
  }

  /** Takes note of what went wrong with an object, or with what a reference points at. */
  addError(thrown: unknown, place: ProblemPlace, kind?: VerifyProblemKind): VerifyProblemKind {
    if (thrown instanceof Refusal) return this.addError(thrown.error, place, "refused");
    const error = callFailure(thrown, undefined, { operation: "verify", path: place.path });
    const known = kind ?? kindOf(error);
    this.add(known, place, error);
    return known;
  }

  get progress(): VerifyProgress {
    const { objects, bytes, references, lastPath } = this;
    return { objects, bytes, references, problems: this.total, ...(lastPath === undefined ? {} : { lastPath }) };
  }

  tellProgress(): void {
    if (this.options.onProgress !== undefined) notify(this.options.onProgress, this.progress);
  }

  get report(): VerifyReport {
    const { objects, bytes, references, unchecked, counts, problems, lastPath } = this;
    const ok = this.total === 0;
    return {
      ...{ ok, objects, bytes, references, ...counts, unchecked, problems },
      ...(lastPath === undefined ? {} : { lastPath }),
    };
  }

  private get total(): number {
    const { missing, corrupt, orphaned, refused } = this.counts;
    return missing + corrupt + orphaned + refused;
  }
}

function kindOf(error: StorageError): VerifyProblemKind {
  if (isStorageError(error, "NOT_FOUND")) return "missing";
  if (isStorageError(error, "INTEGRITY")) return "corrupt";
  return isStorageError(error, "DECODE_FAILED") && !isUnknownKey(error) ? "corrupt" : "refused";
}
