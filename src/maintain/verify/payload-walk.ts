import { formatLocation } from "../../paths/location.js";
import type { Spot } from "../../reference/find-references.js";
import type { ParsedReference } from "../../reference/reference.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import type { Store } from "../../store/store.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { StorageError } from "../../errors/error.js";
import { withDeadline } from "../../call/deadline.js";
import { assertDecodable } from "../../hydrate/decode-codecs.js";
import { cyclicReference, leastDecodedSize, entryKey } from "../../reference/stored-entry.js";
import { isBinary } from "../../hydrate/decode-entry.js";
import type { VerifySettings } from "./verify-settings.js";
import type { SharedReads } from "../../hydrate/reads/shared-reads.js";
import { Turns } from "../../async/turns.js";
import { ClaimedEntry, claimKey, isStreamed, type Claim } from "./entry-claims.js";
import { EntryJudge } from "./entry-judge.js";
import { ReferenceCheck, type FoundReference } from "./reference-check.js";
import { ReferenceGraph } from "./reference-graph.js";
import type { Findings } from "./report.js";

/** The entries of one object that are to be read, in their order. */
type ObjectEntries = Map<string, ClaimedEntry>;

export interface PayloadWalkOptions {
  /** Whether objects and bytes are counted, or only references and problems. */
  readonly countsObjects: boolean;
  /** Called for every object that a reference leads to, even if the object is missing. */
  readonly onReached?: (path: string) => void;
  /**
   * Called when an entry may lead to more objects than are known. Gets the path of the entry, or `undefined` where
   * nothing says it.
   */
  readonly onUnfollowed?: (path: string | undefined) => void;
  /** Whether binary entries are not read, since they lead nowhere. By default they are read, to check them. */
  readonly skipsBinary?: boolean;
}

/**
 * Follows the references of payloads and of the entries that they point at, level by level. References with the same
 * claim are checked once. A problem ends only its own branch.
 */
export class PayloadWalk {
  /**
   * Whether all objects are known that the payloads lead to. Objects that only a missing entry would lead to do not
   * count.
   */
  isComplete = true;
  private readonly check: ReferenceCheck;
  private readonly judge: EntryJudge;
  private readonly graph = new ReferenceGraph();
  private readonly seen = new Set<string>();
  private readonly objects = new Set<string>();
  private readonly turns = new Turns();
  private level: FoundReference[] = [];

  constructor(
    private readonly store: Store,
    private readonly settings: VerifySettings,
    shared: SharedReads,
    private readonly findings: Findings,
    private readonly options: PayloadWalkOptions,
  ) {
    this.check = new ReferenceCheck(settings);
    this.judge = new EntryJudge(store, settings, shared, this.check, (claim, error) => this.addError(claim, error));
  }

  /** Number of references that were found in payloads, and not followed yet. */
  get pending(): number {
    return this.level.length;
  }

  /**
   * Adds the references of a payload.
   *
   * @param spot position of the payload among others
   */
  async add(payload: unknown, spot: Spot | undefined, signal: AbortSignal): Promise<void> {
    try {
      for (const found of this.check.find(payload, spot, this.settings.dialect)) {
        this.level.push(found);
        if (this.turns.due) await this.turns.take();
        throwIfAborted(signal);
      }
    } catch (error) {
      throwIfAborted(signal);
      this.noteUnfollowed(undefined);
      this.findings.addError(error, { spot, hasSpot: true }, "refused");
    }
  }

  /** Follows all references that were added. */
  async follow(signal: AbortSignal): Promise<void> {
    while (this.level.length > 0) {
      const objects = await this.claimed(this.level, signal);
      const children: FoundReference[][] = objects.map(() => []);
      await forEachConcurrent([...objects.entries()], this.settings.concurrency, signal, async ([index, object], s) => {
        children[index] = await this.verifyObject(object, s);
      });
      this.level = children.flat();
    }
    for (const [, { path, spot }] of this.graph.cycles()) {
      this.findings.addError(cyclicReference("verify", path), { path, spot, hasSpot: true });
    }
  }

  /** Makes all checks that need no I/O. Returns the entries that are to be read, by object. */
  private async claimed(level: readonly FoundReference[], signal: AbortSignal): Promise<ObjectEntries[]> {
    const objects = new Map<string, ObjectEntries>();
    for (const found of level) {
      if (this.turns.due) {
        await this.turns.take(signal);
        await this.findings.untilHeard(signal);
      }
      this.findings.references++;
      const claim = this.claimOf(found);
      if (claim === undefined || (this.options.skipsBinary === true && isBinary(claim.reference))) continue;
      const path = formatLocation(claim.reference.location);
      const key = entryKey(claim.reference);
      // Encrypted entries may have been encrypted again. Then they lie at another path.
      const isReplaceable = this.settings.codecs.endsEncrypted(claim.reference.encoding);
      const place = `${isReplaceable} ${isStreamed(claim.reference)} ${path}`;
      let entries = objects.get(place);
      if (entries === undefined) objects.set(place, (entries = new Map<string, ClaimedEntry>()));
      let entry = entries.get(key);
      if (entry === undefined) entries.set(key, (entry = new ClaimedEntry(key)));
      entry.add(claim);
    }
    return [...objects.values()];
  }

  /** Returns what a reference says, unless it must not be followed, or another reference said the same before. */
  private claimOf({ value, grammar, spot, holder }: FoundReference): Claim | undefined {
    const foundIn = holder?.path;
    let claim: Claim;
    try {
      claim = { reference: this.check.check(value, grammar), spot, foundIn };
    } catch (error) {
      this.noteUnfollowed(value[grammar.refKey] as string);
      this.findings.addError(error, { spot, hasSpot: true, foundIn }, "refused");
      return undefined;
    }
    const { reference } = claim;
    const path = formatLocation(reference.location);
    const key = entryKey(reference);
    this.options.onReached?.(path);
    if (holder !== undefined) this.graph.add(holder.key, { to: key, path, spot });
    const words = claimKey(key, reference);
    if (this.seen.has(words)) return undefined;
    this.seen.add(words);
    try {
      assertDecodable(reference, this.settings.codecs);
      if (!isStreamed(reference)) this.assertHeld(reference);
      return claim;
    } catch (error) {
      if (!isBinary(reference)) this.noteUnfollowed(undefined); // another manager may be able to follow it
      this.findings.addError(error, { path, spot, hasSpot: true, foundIn }, "refused");
      return undefined;
    }
  }

  /**
   * @throws {StorageError} `BUDGET_EXCEEDED` for an entry whose declared size is more than hydration would ever read
   */
  private assertHeld(reference: ParsedReference): void {
    const { maxBytes } = this.settings;
    if (leastDecodedSize(reference) <= maxBytes) return;
    throw new StorageError("BUDGET_EXCEEDED", `An entry has more than ${maxBytes} bytes (maxBytes).`, {
      operation: "verify",
    });
  }

  /** Reads the wanted entries of one object. Returns the references in them. The time limit is that of a call. */
  private async verifyObject(object: ObjectEntries, signal: AbortSignal): Promise<FoundReference[]> {
    const entries = [...object.values()];
    const children: FoundReference[] = [];
    try {
      await withDeadline("verify", { timeout: this.settings.timeout, signal }, (callSignal) =>
        abortable(this.judge.judge(entries, children, callSignal), callSignal),
      );
    } catch (error) {
      if (signal.aborted) throw error;
      for (const entry of entries) this.judge.giveUp(entry, error);
    }
    if (this.options.countsObjects) {
      const path = formatLocation(entries[0]!.reference.location);
      if (!this.objects.has(path)) this.findings.objects++;
      this.objects.add(path);
      for (const { size } of entries) this.findings.bytes += size;
    }
    this.findings.tellProgress();
    await this.findings.untilHeard(signal);
    return children;
  }

  private noteUnfollowed(path: string | undefined): void {
    this.isComplete = false;
    this.options.onUnfollowed?.(path);
  }

  private addError({ reference, spot, foundIn }: Claim, error: unknown): void {
    const place = { path: formatLocation(reference.location), spot, hasSpot: true, foundIn };
    const kind = this.findings.addError(error, place);
    if (kind === "missing" || isBinary(reference)) return;
    // Nobody can read a damaged entry. An entry that could not be read now, or not by this manager, may lead to any
    // scope.
    this.noteUnfollowed(kind === "refused" ? undefined : place.path);
  }
}
