import { formatLocation } from "../../paths/location.js";
import type { ParsedReference } from "../../reference/reference.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import type { Store } from "../../store/store.js";
import { HydrationBudget } from "../../hydrate/budget.js";
import { decodingKey } from "../../hydrate/decode-codecs.js";
import { EntryDecoder, isBinary } from "../../hydrate/decode-entry.js";
import { EntryDecoding } from "../../hydrate/entry-decoding.js";
import { EntryReads, type MaybeLater, type EntryRead, type WantedEntry } from "../../hydrate/reads/entry-reads.js";
import { verifyEntry, type EntryBytes } from "../../hydrate/entry-bytes.js";
import { giveUp } from "../../async/give-up.js";
import { openBinary } from "../../hydrate/open-entry.js";
import type { VerifySettings } from "./verify-settings.js";
import type { SharedReads } from "../../hydrate/reads/shared-reads.js";
import { Turns } from "../../async/turns.js";
import { inGroups, isStreamed, type Claim, type ClaimedEntry } from "./entry-claims.js";
import type { FoundReference, ReferenceCheck } from "./reference-check.js";

/** An entry to be read, described by one reference to it. */
interface Asked extends WantedEntry {
  readonly entry: ClaimedEntry;
}

type EntryOf = (asked: Asked) => MaybeLater<EntryBytes>;

/** Reads entries, and reports which of the references to them are wrong. */
export class EntryJudge {
  private readonly decoding: EntryDecoding;
  private readonly turns = new Turns();

  constructor(
    private readonly store: Store,
    private readonly settings: VerifySettings,
    private readonly shared: SharedReads,
    private readonly check: ReferenceCheck,
    private readonly onError: (claim: Claim, error: unknown) => void,
  ) {
    this.decoding = new EntryDecoding(settings.codecs, this.newBudget());
  }

  /**
   * Reads entries of one object, either all to be held in memory, or all to be streamed. Rejects only when the signal
   * has fired, or when nothing can be read.
   */
  async judge(entries: readonly ClaimedEntry[], children: FoundReference[], signal: AbortSignal): Promise<void> {
    for (const group of inGroups(entries, this.settings.maxBytes)) {
      if (isStreamed(group[0]!.reference)) {
        for (const entry of group) await this.stream(entry, signal);
        continue;
      }
      const asked = group.map((entry) => ({ entry, reference: entry.reference, declaredSize: entry.declaredSize }));
      for (const read of await this.newReads().plan(asked, signal)) await this.read(read, children, signal);
    }
  }

  /** Reports an error for all claims of an entry that have no result yet. */
  giveUp(entry: ClaimedEntry, error: unknown): void {
    for (const claim of entry.takeRest()) this.onError(claim, error);
  }

  private async read(read: EntryRead<Asked>, children: FoundReference[], signal: AbortSignal): Promise<void> {
    const entries = read.entries.map(({ entry }) => entry);
    let entryOf: EntryOf;
    try {
      // Each read has its own budget, because the bytes are not kept.
      entryOf = await this.newReads().read(read, signal);
    } catch (error) {
      throwIfAborted(signal);
      for (const entry of entries) this.giveUp(entry, error);
      return;
    }
    for (const entry of entries) await this.judgeClaims(entry, entryOf, children, signal);
  }

  private async judgeClaims(
    entry: ClaimedEntry,
    entryOf: EntryOf,
    children: FoundReference[],
    signal: AbortSignal,
  ): Promise<void> {
    let fetched: EntryBytes | undefined;
    // One result for each way of decoding, so that many references to an entry cost no more work.
    const outcomes = new Map<string, Promise<void>>();
    for (let claim = entry.next; claim !== undefined; claim = entry.next) {
      if (this.turns.due) await this.turns.take(signal);
      const { reference } = claim;
      try {
        const own = (fetched ??= await entryOf({ entry, reference, declaredSize: undefined }));
        entry.size = own.bytes.byteLength;
        verifyEntry(own, reference, this.store.name);
        const way = this.wayOf(reference);
        let outcome = outcomes.get(way);
        if (outcome === undefined) {
          outcome = this.open(own, claim, entry.key, children, signal);
          outcomes.set(way, outcome);
        }
        await outcome;
      } catch (error) {
        throwIfAborted(signal);
        this.onError(claim, error);
      }
      entry.take();
    }
  }

  /** Undoes the codecs of an entry, and finds the references in it. */
  private async open(
    { bytes }: EntryBytes,
    { reference, spot }: Claim,
    key: string,
    children: FoundReference[],
    signal: AbortSignal,
  ): Promise<void> {
    const plain = reference.encoding === undefined ? bytes : await this.decoding.decode(bytes, reference, signal);
    if (isBinary(reference)) return;
    const decoder = new EntryDecoder(plain);
    await this.turns.complete(decoder.prepare(reference), signal);
    const decoded = decoder.decode(reference);
    if ("binary" in decoded || !decoded.hasReserved) return;
    const holder = { key, path: formatLocation(reference.location) };
    for (const found of this.check.find(decoded.object.data, spot, reference.dialect))
      children.push({ ...found, holder });
  }

  /** Checks an entry while it is read, because it is too long to be held in memory. */
  private async stream(entry: ClaimedEntry, signal: AbortSignal): Promise<void> {
    for (let claim = entry.next; claim !== undefined; claim = entry.next) {
      try {
        const result = await openBinary(this.store, claim.reference, this.settings, signal, undefined);
        try {
          const chunks = result[Symbol.asyncIterator]();
          while ((await abortable(chunks.next(), signal)).done !== true);
        } finally {
          giveUp(() => result.cancel());
        }
        entry.size = claim.reference.size!;
      } catch (error) {
        throwIfAborted(signal);
        this.onError(claim, error);
      }
      entry.take();
    }
  }

  /** Returns a key that is equal for references whose entry is decoded in the same way. */
  private wayOf(reference: ParsedReference): string {
    const { encoding = [] } = reference;
    const { codecs } = this.settings;
    const isBound = encoding.some((name) => codecs.endsEncrypted([name])); // to everything that the reference says
    return `${isBinary(reference)} ${isBound ? decodingKey(reference) : encoding.join(",")}`;
  }

  private newReads(): EntryReads<Asked> {
    return new EntryReads(this.store, this.shared, this.newBudget(), this.settings, this.turns);
  }

  private newBudget(): HydrationBudget {
    return new HydrationBudget({ maxBytes: this.settings.maxBytes });
  }
}
