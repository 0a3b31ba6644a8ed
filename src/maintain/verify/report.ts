import { isStorageError, type StorageError } from "../../errors/error.js";
import { isUnknownKey } from "../../codecs/aes256gcm/encryption-keys.js";
import { notify, PacedListener } from "../../observe/notify.js";
import { formatPayloadPath } from "../../plan/payload-path.js";
import { pathOf, type Spot } from "../../reference/find-references.js";
import type { CallOptions } from "../../store/store.js";
import type { HydrateOptions } from "../../configure/options.js";
import { callFailure } from "../../errors/as-storage-error.js";

/**
 * The kinds of problems:
 * - `"missing"`: a reference points at an object that does not exist (`NOT_FOUND`).
 * - `"corrupt"`: the bytes are not the ones that were written, or do not match the reference, or can't be decoded
 *   (`INTEGRITY`, `DECODE_FAILED`).
 * - `"orphaned"`: an object that nothing leads to. It has no error.
 * - `"refused"`: the object was not looked at, and may be good or bad. Perhaps hydration would refuse the reference
 *   (`INVALID_REFERENCE`, `SIGNATURE_INVALID`, `REFERENCE_DENIED`, `UNKNOWN_SCHEME`, `CYCLIC_REFERENCE`). Or this
 *   manager lacks a codec or key (`DECODE_FAILED`). Or the object is larger than `maxBytes` (`BUDGET_EXCEEDED`). Or
 *   the store failed (`UNAVAILABLE`, `TIMEOUT` and all others).
 */
export type VerifyProblemKind = "missing" | "corrupt" | "orphaned" | "refused";

/** One problem. */
export interface VerifyProblem {
  kind: VerifyProblemKind;
  /**
   * Path of the object. For a reference, path of the object that it points at; absent when the reference does not say.
   */
  path?: string;
  /**
   * Where the reference stands, as in `$.items[3]["a.b"]`. For a payload, this is the place in the hydrated payload.
   * For a reference that was found in an object of a prefix, this is the place in the stored value.
   */
  at?: string;
  /** Path of the stored object in which the reference was found. */
  foundIn?: string;
  /** The reason; `undefined` for orphaned objects. */
  error: StorageError | undefined;
}

/** How far a verification has come. */
export interface VerifyProgress {
  /**
   * Objects that were looked at. For a payload these are the objects that its references lead to, each counted once.
   */
  objects: number;
  /** Bytes that were read from these objects. For a prefix this is the total size of its objects. */
  bytes: number;
  /** References that were looked at, in payloads and in stored objects. Each occurrence counts. */
  references: number;
  /** Problems that were found. */
  problems: number;
  /** Only for a prefix: all objects up to this path were looked at. Pass it as `startAfter` to go on from here. */
  lastPath?: string;
}

/**
 * The result of a verification. Problems with objects or references are reported. They are never thrown, and never end
 * the verification.
 *
 * For a dehydrated payload, the verification checks every reference in it, and every reference in the entries that
 * they point at. A reference must be well-formed, signed and allowed, and must be decodable. The entry that it points
 * at must exist and have the right size and digest. It must decrypt and decompress, and be a StoredObject or binary.
 * Each entry is read once, and only the entries that are read at a time are held in memory. `maxBytes` limits each
 * entry. Other budgets of hydration do not apply. References for resolvers, and schemas, are not checked.
 *
 * For a path prefix, the verification checks every object whose path begins with the prefix. An object that is named
 * by its content is read and compared with its name. StoredObjects are parsed, decrypted and decompressed as far as
 * they describe themselves (see `unchecked`). References in them must be well-formed, signed and allowed, and must
 * point at an existing object.
 * A user's own objects, and those of the dialect `bubustack`, are only read. Use the same codecs as the writers, and
 * for each tenant its own manager. References are checked as references of the manager that is asked.
 * To go on after an interrupted verification, pass the last `lastPath` from `onProgress` as `startAfter`.
 *
 * @example
 * const { ok } = await manager.verify(message); // can it be hydrated?
 * const report = await manager.verifyPrefix("outputs/run-42/", { onProgress: ({ lastPath }) => save(lastPath) });
 * for (const { kind, path, error } of report.problems) console.warn(kind, path, error?.message);
 */
export interface VerifyReport extends Pick<VerifyProgress, "objects" | "bytes" | "references" | "lastPath"> {
  /** Whether there are no problems. */
  ok: boolean;
  missing: number;
  corrupt: number;
  orphaned: number;
  refused: number;
  /**
   * Only for a prefix: objects for which only the digest could be checked, and not the contents. Such an object may be
   * encrypted with a key that this manager does not have, or encoded by a codec that only a reference tells. Or it is
   * an envelope of more than 16 MiB. It is no problem, but references in it were not seen.
   */
  unchecked: number;
  /** The first `maxProblems` problems. `onProblem` gets all. */
  problems: VerifyProblem[];
}

/** Options of the verification of a payload. They override the manager's options of the same name for this call. */
export interface VerifyOptions
  extends CallOptions, Pick<HydrateOptions, "allow" | "audience" | "stepRunId" | "timeout"> {
  /** Maximum number of problems in the list of the report, default 1000. The counts include all problems. */
  maxProblems?: number | undefined;
  /**
   * Called for every problem. Errors that it throws are ignored. Before a verification looks at another object, it
   * waits for the last promise that the function returned.
   */
  onProblem?: ((problem: VerifyProblem) => unknown) | undefined;
  /** Called after every object. Errors that it throws are ignored. */
  onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** Options of the verification of a prefix. They override the manager's options of the same name for this call. */
export interface VerifyPrefixOptions extends VerifyOptions {
  /**
   * Looks only at objects after this path. Pass the `lastPath` of a verification that was interrupted. Some problems
   * with objects after this path may have been reported before.
   */
  startAfter?: string | undefined;
  /**
   * All dehydrated payloads that are still in use. They are verified too: `at` begins with the number of the payload,
   * `$[0]`. Objects below the prefix that no payload leads to, at any depth, are `orphaned`.
   * Nothing must be written below the prefix meanwhile, because its payload would not be in this list.
   * When a payload can't be followed to its end, because an entry is `corrupt` or `refused`, only leftovers are called
   * orphaned. Nobody knows then which other objects are in use. The paths of all objects that the payloads lead to are
   * held in memory.
   *
   * Default: only leftovers are `orphaned`. These are the `.part` objects of streams that were not finished, because
   * their process died, or is still writing.
   */
  payloads?: Iterable<unknown> | AsyncIterable<unknown> | undefined;
}

/** Thrown in place of an error that says nothing about the object, although its code seems to. */
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
  /** Whether `spot` says where the problem is. For the whole value `spot` is `undefined`. */
  readonly hasSpot?: boolean;
}

/** Counts and reports what a verification finds. */
export class Findings {
  objects = 0;
  bytes = 0;
  references = 0;
  unchecked = 0;
  lastPath: string | undefined;
  private readonly counts: Record<VerifyProblemKind, number> = { missing: 0, corrupt: 0, orphaned: 0, refused: 0 };
  private readonly problems: VerifyProblem[] = [];
  private readonly listener: PacedListener<VerifyProblem>;

  constructor(
    private readonly options: {
      readonly maxProblems: number;
      readonly onProblem?: ((problem: VerifyProblem) => unknown) | undefined;
      readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
    },
  ) {
    this.listener = new PacedListener(options.onProblem);
  }

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
    this.listener.tell({ ...problem });
  }

  /** Waits for the listener. @throws {StorageError} `ABORTED` */
  untilHeard(signal: AbortSignal | undefined): Promise<void> {
    return this.listener.untilHeard(signal);
  }

  /** Notes a problem with an object, or with the target of a reference. */
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
