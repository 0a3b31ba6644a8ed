import { types } from "node:util";
import { validate } from "../schemas/standard-schema.js";
import { StorageError } from "../errors/error.js";
import type { StoredObject } from "../object/stored-object.js";
import { notify } from "../observe/notify.js";
import type { EventDetails, Recorder } from "../observe/recorder.js";
import { Collection, fill } from "../reference/collect.js";
import { PartWalk } from "../reference/part-walk.js";
import { selectAll, stageOf } from "../reference/stage.js";
import { abortable } from "../async/abort.js";
import type { Store } from "../store/store.js";
import { HydrationBudget } from "./budget.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { abortedCall, Deadline, type Ending } from "../call/deadline.js";
import { leastDecodedSize } from "../reference/stored-entry.js";
import type { DecodedEntry, EntryDecoder } from "./decode-entry.js";
import { EntryDecoders, EntryDecoding } from "./entry-decoding.js";
import {
  EntryGroup,
  groupEntries,
  newHolder,
  valueOf,
  type EntryNode,
  type FoundReference,
  type ReferenceKind,
} from "./entry-node.js";
import { Beginning, EntryPart, type Stepwise } from "./entry-part.js";
import { EntryReads, type EntryRead, type MaybeLater } from "./reads/entry-reads.js";
import type { EntrySource } from "./reads/entry-source.js";
import { verifyEntry, type EntryBytes } from "./entry-bytes.js";
import type { HydrateSettings } from "../configure/call-schemas.js";
import { mismatchAt, recogniseReference } from "./recognise-reference.js";
import { ReferenceChecks } from "./reference-checks.js";
import { requireStore } from "../call/call.js";
import { resolveOther, type ResolverNode } from "./resolve-other.js";
import { Turns } from "../async/turns.js";

const NOT_AWAITED = "The value to hydrate is a Promise, which was not awaited.";

// Bytes from which an entry is decoded in steps.
const LARGE = 65_536;

type Task = (signal: AbortSignal) => Promise<void>;

/** Settings of a hydration, and the part that is wanted of its result. Without a part, the whole result is wanted. */
export type PartSettings = HydrateSettings & { readonly part?: string };

/** A walk over the payload, and the references that it found. */
type PayloadWalk = Stepwise & { readonly isDone: boolean; readonly found: readonly FoundReference[] };

/** Hydrates a value, level by level: gathers the references, and fetches, checks and decodes their entries. */
export async function hydrate(
  value: unknown,
  settings: PartSettings,
  source: EntrySource,
  recorder: Recorder,
  details: EventDetails,
): Promise<unknown> {
  if (settings.signal?.aborted) throw abortedCall("hydrate", settings.signal);
  const hydration = new Hydration(settings, source, recorder, details);
  const copying = hydration.begin(value);
  // A payload without references needs no deadline. Its timer and signal would take more time than everything else.
  if (copying.isDone && copying.found.length === 0 && settings.schema === undefined) return hydration.end();
  if (settings.signal?.aborted) throw abortedCall("hydrate", settings.signal); // a getter may have aborted it
  const deadline = new Deadline("hydrate", settings.timeout, settings.signal);
  try {
    const hydrated = await hydration.resolve(copying, deadline);
    if (settings.schema === undefined) return hydrated;
    return await abortable(validate(settings.schema, hydrated, "the schema of the call"), deadline.signal);
  } finally {
    deadline.end();
  }
}

class Hydration {
  private readonly budget: HydrationBudget;
  private decoding: EntryDecoding | undefined; // like the reads, not made for a payload without references
  private readonly epoch: number | undefined;
  private readonly turns = new Turns();
  private readonly fetched = new Map<string, EntryBytes>();
  private readonly nodes: EntryNode[] = []; // parents before children
  private readonly root = newHolder();
  private checks: ReferenceChecks | undefined;
  // Whether the root gets only a part of the payload. Then statements about the whole payload do not apply to it.
  private isPart = false;
  private reads: EntryReads<EntryGroup> | undefined;

  constructor(
    private readonly settings: PartSettings,
    private readonly source: EntrySource,
    private readonly recorder: Recorder,
    private readonly details: EventDetails,
  ) {
    this.budget = new HydrationBudget(settings);
    this.epoch = source.cache?.epoch;
  }

  /** Begins to copy the payload, or the part that is wanted, and to find the references in it. */
  begin(value: unknown): PayloadWalk {
    if (types.isPromise(value)) throw new StorageError("UNSERIALIZABLE", NOT_AWAITED, { operation: "hydrate" });
    const { dialect, part } = this.settings;
    const recognise = (object: Readonly<Record<string, unknown>>): ReferenceKind | undefined => this.recognise(object);
    const options = { unescape: dialect === "native", recognise };
    if (part === undefined) {
      const copying = new Collection<ReferenceKind>(options);
      copying.add(value, this.root);
      return copying;
    }
    const walk = new PartWalk<ReferenceKind>(options);
    walk.add(value, stageOf(part, undefined), this.root);
    this.isPart = walk.found[0]?.value !== value;
    return walk;
  }

  /** Puts in place the values of all references, in the payload and in the entries that they point at. */
  async resolve(copying: PayloadWalk, ending: Ending): Promise<unknown> {
    if (!copying.isDone) await this.stepwise(copying, ending);
    let level: readonly FoundReference[] = copying.found;
    for (let hop = 1; level.length > 0; hop++) {
      this.budget.enterHop(hop, level.length);
      level = await this.resolveLevel(level, ending);
    }
    this.note();
    await this.finish(ending);
    return valueOf(this.root);
  }

  /** Returns the hydrated value of a payload without references. */
  end(): unknown {
    this.note();
    return valueOf(this.root);
  }

  private async stepwise(work: Stepwise, ending: Ending): Promise<void> {
    do if (this.turns.due) await this.turns.take(ending.signal);
    while (!work.step());
  }

  private note(): void {
    const { references, bytes } = this.budget.progress;
    Object.assign(this.details, { entries: references, bytes, objects: this.reads?.objects.size ?? 0 });
  }

  private recognise(value: Readonly<Record<string, unknown>>, parent?: EntryNode): ReferenceKind | undefined {
    const { dialect } = parent?.reference ?? this.settings;
    return recogniseReference(value, parent, dialect, this.settings.resolvers);
  }

  /** Resolves the references of one level. Returns the references that were found in their entries. */
  private async resolveLevel(level: readonly FoundReference[], ending: Ending): Promise<readonly FoundReference[]> {
    const resolvers: ResolverNode[] = [];
    const entries: EntryNode[] = [];
    const parts = new Set<string>(); // an entry is read once for all its parts
    let bytes = 0;
    for (const { place, value, kind, rest } of level) {
      if (this.turns.due) await this.turns.take(ending.signal);
      if ("resolver" in kind) {
        resolvers.push({ place, value, resolver: kind.resolver, rest });
        continue;
      }
      const node = this.checksOf().nodeOf(place, value, kind, rest);
      if (node.stage === undefined || !parts.has(node.key)) bytes += leastDecodedSize(node.reference);
      if (node.stage !== undefined) parts.add(node.key);
      entries.push(node);
    }
    this.budget.assertBytes(bytes);
    for (const node of entries) this.nodes.push(node); // a spread of very many would overflow the stack
    if (resolvers.length > 0 || !(await this.placeAtOnce(entries, ending))) {
      const { signal } = ending;
      const tasks = entries.length === 0 ? [] : await this.entryTasks(groupEntries(entries), signal);
      for (const node of resolvers) tasks.push((taskSignal) => this.resolveOther(node, taskSignal));
      await forEachConcurrent(tasks, this.settings.concurrency, signal, (task, taskSignal) => task(taskSignal));
    }
    return entries.length === 1 ? entries[0]!.children : entries.flatMap(({ children }) => children);
  }

  /**
   * Puts the only entry of a level in its place, if nothing has to be awaited, observed or cached.
   *
   * @returns whether it did
   */
  private async placeAtOnce(nodes: readonly EntryNode[], ending: Ending): Promise<boolean> {
    const { store } = this.settings;
    if (nodes.length !== 1 || store === undefined || this.source.cache !== undefined || this.recorder.listens)
      return false;
    const group = new EntryGroup(nodes[0]!);
    const entry = this.fetched.has(group.key) ? undefined : this.readsOf(store).atOnce(group);
    if (entry !== undefined) await this.place([group], store, ending, () => entry);
    return entry !== undefined;
  }

  private checksOf(): ReferenceChecks {
    return (this.checks ??= new ReferenceChecks(this.settings, this.root));
  }

  private readsOf(store: Store): EntryReads<EntryGroup> {
    return (this.reads ??= new EntryReads(store, this.source.shared, this.budget, this.settings, this.turns));
  }

  /** Returns the tasks that put entries in their places. Entries that are already here come first. */
  private async entryTasks(groups: readonly EntryGroup[], signal: AbortSignal): Promise<Task[]> {
    const store = requireStore(this.settings, "hydrate");
    const missing = this.takeCached(groups, store);
    const here = groups.filter(({ key }) => this.fetched.has(key));
    const reads = await this.readsOf(store).plan(missing, signal);
    const tasks: Task[] = reads.map((read) => (taskSignal) => this.load(read, store, taskSignal));
    const entryOf = ({ key }: EntryGroup): EntryBytes => this.fetched.get(key)!;
    if (here.length > 0) tasks.unshift((taskSignal) => this.place(here, store, { signal: taskSignal }, entryOf));
    return tasks;
  }

  /** Takes entries from the cache. Returns the groups whose entries have to be read. */
  private takeCached(groups: readonly EntryGroup[], store: Store): EntryGroup[] {
    const missing = groups.filter(({ key }) => !this.fetched.has(key));
    const { cache } = this.source;
    if (cache === undefined || missing.length === 0) return missing;
    let bytes = 0;
    const missed = missing.filter(({ nodes, key }) => {
      const native = nodes.find(({ reference }) => reference.digest !== undefined);
      const entry = native && cache.get(native.reference);
      if (entry === undefined) return true;
      bytes += entry.size;
      this.fetched.set(key, entry);
      return false;
    });
    const hits = missing.length - missed.length;
    const details = { store: store.name, stepRunId: this.settings.stepRunId, during: "hydrate" };
    if (hits > 0) this.recorder.tell("cache_hit", { ...details, entries: hits, bytes });
    if (missed.length > 0) this.recorder.tell("cache_miss", { ...details, entries: missed.length });
    return missed;
  }

  /** Reads entries and puts them in the places of all references to them. */
  private async load(read: EntryRead<EntryGroup>, store: Store, signal: AbortSignal): Promise<void> {
    const entryOf = await this.reads!.read(read, signal);
    await this.place(read.entries, store, { signal }, entryOf);
  }

  /** Puts entries in the places of all references to them. Between two places, other tasks get due turns. */
  private async place(
    groups: readonly EntryGroup[],
    store: Store,
    ending: Ending,
    entryOf: (group: EntryGroup) => MaybeLater<EntryBytes>,
  ): Promise<void> {
    const decoding = (this.decoding ??= new EntryDecoding(this.settings.codecs, this.budget));
    for (const group of groups) {
      const fetched = entryOf(group);
      const entry = types.isPromise(fetched) ? await fetched : fetched;
      this.fetched.set(group.key, entry);
      const decoders = new EntryDecoders(entry.bytes, decoding);
      for (const node of group.nodes) {
        verifyEntry(entry, node.reference, store.name);
        if (this.turns.due) await this.turns.take(ending.signal);
        const found = decoders.for(node.reference, ending);
        const decoder = types.isPromise(found) ? await found : found;
        if (decoder.size >= LARGE && !(node.stage !== undefined && decoder.isOpen)) {
          this.budget.assertBytes(decoder.size);
          await this.turns.complete(decoder.prepare(node.reference), ending.signal);
        }
        const work = node.stage === undefined ? this.takeWhole(node, decoder) : this.takePart(node, decoder, group);
        if (work !== undefined) await this.stepwise(work, ending);
        this.budget.resolve();
        this.report();
      }
      if (this.epoch !== undefined) this.source.cache?.set(group.reference, entry, this.epoch);
    }
  }

  /** Takes a whole entry. Returns the remaining work, if there is any. */
  private takeWhole(node: EntryNode, decoder: EntryDecoder): Stepwise | undefined {
    this.budget.spend(decoder.size);
    return this.keep(node, decoder.decode(node.reference));
  }

  private keep(node: EntryNode, decoded: DecodedEntry): Stepwise | undefined {
    const { reference, holder } = node;
    if ("binary" in decoded) {
      fill(holder, decoded.binary);
      return undefined;
    }
    const { object, hasReserved } = decoded;
    node.schema = this.schemaOf(object, node);
    if (!hasReserved) {
      fill(holder, object.data);
      return undefined;
    }
    const collection = new Collection<ReferenceKind>({
      unescape: reference.dialect === "native",
      recognise: (value) => this.recognise(value, node),
      owned: true,
    });
    node.children = collection.found;
    return new Beginning(collection, object.data, holder);
  }

  /** Takes a part of an entry, unless a schema has to see the whole entry. */
  private takePart(node: EntryNode, decoder: EntryDecoder, { isShared }: EntryGroup): Stepwise | undefined {
    if (!decoder.isOpen) this.budget.spend(decoder.size);
    const decoded = decoder.open(node.reference);
    const { schemas } = this.settings;
    const schema = "object" in decoded ? this.schemaOf(decoded.object, node)?.schema : undefined;
    if (schema !== undefined && schemas?.has(schema) === true) {
      return isShared ? this.takeWhole(node, decoder) : this.keep(node, decoded);
    }
    const part = new EntryPart(node, decoded, isShared, this.budget, (value) => this.recognise(value, node));
    node.isWhole = false;
    node.children = part.found;
    return part;
  }

  private schemaOf({ schema, schemaVersion }: StoredObject, { reference, place }: EntryNode): EntryNode["schema"] {
    if (schema !== undefined) return { schema, schemaVersion };
    // BubuStack names the schema only in references, also to parts. Only the root's names the whole payload's schema.
    const isWhole = reference.dialect === "bubustack" && place.container === this.root.container && !this.isPart;
    if (!isWhole || reference.schema === undefined) return undefined;
    return { schema: reference.schema, schemaVersion: reference.schemaVersion };
  }

  private async resolveOther(node: ResolverNode, signal: AbortSignal): Promise<void> {
    await resolveOther(node, this.settings.stepRunId, this.recorder, signal);
    this.budget.resolve();
    this.report();
  }

  /** Puts every value into its place, from the innermost outwards. */
  private async finish(ending: Ending): Promise<void> {
    for (const node of this.nodes.reverse()) {
      if (this.turns.due) await this.turns.take(ending.signal);
      let value = valueOf(node.holder);
      const { schemas } = this.settings;
      if (node.schema !== undefined && schemas !== undefined) {
        value = await abortable(schemas.check(node.schema, value).catch(mismatchAt(node)), ending.signal);
      }
      fill(node.place, node.isWhole ? selectAll(value, node.stage) : value);
    }
  }

  private report(): void {
    const { onProgress } = this.settings;
    if (onProgress !== undefined) notify(onProgress, this.budget.progress);
  }
}
