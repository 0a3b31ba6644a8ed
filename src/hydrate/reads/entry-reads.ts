import { formatLocation, type Location } from "../../paths/location.js";
import type { ParsedReference } from "../../reference/reference.js";
import { isNotFound, type StorageError } from "../../errors/error.js";
import { AT_ONCE } from "../../store/at-once.js";
import type { Store } from "../../store/store.js";
import type { HydrationBudget } from "../budget.js";
import { entryBytes, entryBytesInSteps, integrityError, partOf, type EntryBytes } from "../entry-bytes.js";
import type { WholeBytes } from "../../store/whole-reads.js";
import { readsParts, type PartOfObject } from "./open-part.js";
import { planReads, type ByteRange } from "./read-plan.js";
import { absenceOf } from "../released.js";
import { isAbsence, ReplacedEntries, replacementOf } from "../replaced/replaced-entries.js";
import type { HydrateSettings } from "../../configure/call-schemas.js";
import type { SharedReads, WantedBytes } from "./shared-reads.js";
import { callFailure } from "../../errors/as-storage-error.js";
import type { Turns } from "../../async/turns.js";

/** An entry to read. */
export interface WantedEntry {
  readonly reference: ParsedReference;
  /** The largest size that a reference states for the entry. Absent when no reference states a size. */
  readonly declaredSize: number | undefined;
}

/** One read of an object, and the entries that it brings. */
export interface EntryRead<Wanted extends WantedEntry> {
  readonly location: Location;
  readonly part: PartOfObject | undefined;
  readonly entries: readonly Wanted[];
  /** Whether the whole object is read for parts of it. */
  readonly whole: boolean;
}

/** A value that is present, or comes after other tasks had their turn. */
export type MaybeLater<T> = T | Promise<T>;

interface WantedRange<Wanted> extends ByteRange {
  readonly wanted: Wanted;
}

// Bytes from which a digest is computed in steps.
const LARGE = 1 << 20;

// Unwanted bytes between wanted ones that one hydration may read, besides as many as it wants. It is one pack of the
// usual size.
const FREE_OVER_READ = 8 * 1024 * 1024;

/** The reads of one hydration. Entries that share an object come with one read, or with as few as make sense. */
export class EntryReads<Wanted extends WantedEntry> {
  /** Objects that were read. */
  readonly objects = new Set<string>();
  // Objects that were read whole for parts of them. Other parts may be wanted later.
  private readonly whole = new Map<string, Uint8Array>();
  private readonly replaced = new Map<string, Promise<ReplacedEntries>>();
  private overRead = FREE_OVER_READ;

  constructor(
    private readonly store: Store,
    private readonly shared: SharedReads,
    private readonly budget: HydrationBudget,
    private readonly settings: Pick<HydrateSettings, "stepRunId" | "codecs" | "retention">,
    private readonly turns: Turns,
  ) {}

  /** Decides which reads bring some entries, in their order. */
  async plan(wanted: readonly Wanted[], signal: AbortSignal): Promise<EntryRead<Wanted>[]> {
    const reads: EntryRead<Wanted>[] = [];
    const packs = new Map<string, WantedRange<Wanted>[]>();
    for (const entry of wanted) {
      const { location } = entry.reference;
      const part = partOf(entry.reference);
      if (part === undefined || part.length === 0) {
        reads.push({ location, part, entries: [entry], whole: false });
        continue;
      }
      const range = { offset: part.offset, size: part.length, wanted: entry };
      const path = formatLocation(location);
      const ranges = packs.get(path);
      if (ranges === undefined) packs.set(path, [range]);
      else ranges.push(range);
    }
    for (const [path, ranges] of packs) reads.push(...(await this.planPack(path, ranges, signal)));
    return reads;
  }

  private async planPack(
    path: string,
    ranges: readonly WantedRange<Wanted>[],
    signal: AbortSignal,
  ): Promise<EntryRead<Wanted>[]> {
    const { location } = ranges[0]!.wanted.reference;
    const hasParts = await readsParts(this.store, path, signal).catch((error: unknown) => {
      throw callFailure(error, signal, { operation: "read", store: this.store.name, path });
    });
    if (!hasParts) return [{ location, part: undefined, entries: ranges.map(({ wanted }) => wanted), whole: true }];
    this.overRead += ranges.reduce((sum, { size }) => sum + size, 0);
    const { reads, overRead } = planReads(ranges, this.overRead);
    this.overRead -= overRead;
    return reads.map(({ offset, size, ranges: brought }) => ({
      location,
      part: { offset, length: size },
      entries: brought.map(({ wanted }) => wanted),
      whole: false,
    }));
  }

  /** Reads, and returns each entry. An entry has fewer bytes than it should if the object ends too early. */
  async read(read: EntryRead<Wanted>, signal: AbortSignal): Promise<(entry: Wanted) => MaybeLater<EntryBytes>> {
    let object: WholeBytes;
    try {
      object = await this.bytesOf(read, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return this.readReplacement(read, error, signal).catch(async (failure: unknown) => {
        if (failure !== error) throw failure;
        throw await absenceOf(read.location, error, this.store, this.settings.retention.clock.now(), signal);
      });
    }
    const base = read.part?.offset ?? 0;
    const { bytes, sha256 } = object;
    return ({ reference }) => {
      const part = partOf(reference);
      if (part === undefined && sha256 !== undefined) return entryBytes(bytes, sha256);
      const own = part === undefined ? bytes : bytes.subarray(part.offset - base, part.offset - base + part.length);
      // A promise for each small entry would cost more than its digest.
      return own.byteLength < LARGE ? entryBytes(own) : this.turns.complete(entryBytesInSteps(own), signal);
    };
  }

  /**
   * Does the same in a store that answers at once. `undefined` means that the normal read must find out what is
   * wrong.
   */
  atOnce({ reference, declaredSize }: Wanted): EntryBytes | undefined {
    const { location } = reference;
    const object = location.target === undefined ? AT_ONCE.of(this.store)?.bytesOf(location.path) : undefined;
    if (object === undefined) return undefined;
    const part = partOf(reference);
    const bytes = part === undefined ? object : object.subarray(part.offset, part.offset + part.length);
    if (bytes.byteLength > (declaredSize ?? this.budget.bytesLeft) || bytes.byteLength >= LARGE) return undefined;
    this.objects.add(location.path);
    return entryBytes(bytes);
  }

  /** Reads the replacement of encrypted entries, which may have been encrypted again since. */
  private async readReplacement(
    { location, entries }: EntryRead<Wanted>,
    notFound: StorageError,
    signal: AbortSignal,
  ): Promise<(entry: Wanted) => EntryBytes> {
    const { codecs } = this.settings;
    if (!entries.every(({ reference }) => codecs.endsEncrypted(reference.encoding))) throw notFound;
    const replacement = { location: replacementOf(location), part: undefined, entries, whole: true };
    const path = formatLocation(replacement.location);
    let object: Uint8Array;
    try {
      object = (await this.bytesOf(replacement, signal)).bytes;
    } catch (error) {
      throw isAbsence(error) ? notFound : error;
    }
    let replaced = this.replaced.get(path);
    if (replaced === undefined) this.replaced.set(path, (replaced = ReplacedEntries.of(object, signal)));
    const found = await replaced;
    return ({ reference }) => {
      const entry = found.find(reference);
      if (entry === undefined) throw notFound;
      return entry;
    };
  }

  private async bytesOf(read: EntryRead<Wanted>, signal: AbortSignal): Promise<WholeBytes> {
    const { location, part, whole } = read;
    if (part?.length === 0) return { bytes: new Uint8Array() };
    const path = formatLocation(location);
    const held = this.whole.get(path);
    if (whole && held !== undefined) return { bytes: held };
    this.objects.add(path);
    const tooMuch = whole ? this.heldTooMuch(read.entries) : this.entryTooMuch(read.entries[0]!, path);
    const wanted: WantedBytes = { location, part, stepRunId: this.settings.stepRunId, signal, tooMuch };
    const object = await this.shared.read(this.store, wanted);
    if (whole) this.whole.set(path, object.bytes);
    return object;
  }

  private entryTooMuch({ declaredSize }: Wanted, path: string): WantedBytes["tooMuch"] {
    return (received): StorageError | undefined => {
      if (received <= (declaredSize ?? this.budget.bytesLeft)) return undefined;
      if (declaredSize === undefined) return this.budget.exceededBytes();
      const problem = `it has more than the ${declaredSize} bytes that the reference says`;
      return integrityError(problem, this.store.name, path);
    };
  }

  // Wanted bytes have a budget already. Encryption makes them longer than what is counted there.
  private heldTooMuch(entries: readonly Wanted[]): WantedBytes["tooMuch"] {
    let known = entries.reduce((sum, { reference }) => sum + (partOf(reference)?.length ?? 0), 0);
    return (received) => {
      if (received <= known) return undefined;
      const more = received - known;
      known = received;
      return this.budget.hold(more);
    };
  }
}
