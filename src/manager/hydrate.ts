import type { SchemaTag } from "../object/schema-registry.js";
import { validate } from "../object/standard-schema.js";
import type { StoredObject } from "../object/stored-object.js";
import { notify } from "../observe/notify.js";
import type { EventDetails, Recorder } from "../observe/recorder.js";
import { formatLocation } from "../location.js";
import type { AllowList } from "../reference/allow.js";
import { collectReferences, fill, type Found, type Place } from "../reference/collect.js";
import { referenceGrammar, type Grammar } from "../reference/grammar.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import { parseSelector, select, type Selector } from "../reference/selector.js";
import { findResolver, type ReferenceResolver } from "../resolvers/resolver.js";
import { abortable } from "../store/abort.js";
import { StorageError } from "../error.js";
import type { Store } from "../store/store.js";
import { admitLocation, allowListOf } from "./admit.js";
import { HydrationBudget } from "./budget.js";
import { forEachConcurrent } from "./concurrency.js";
import { assertDecodable, decodeEntry } from "./decode-entry.js";
import { entryKey, fetchEntry, integrityError, verifyEntry, type FetchedEntry } from "./fetch-entry.js";
import type { HydrateSettings } from "./settings.js";
import { requireStore } from "./require-store.js";
import { asStorageError } from "./store-error.js";

type ReferenceKind = { readonly grammar: Grammar } | { readonly resolver: ReferenceResolver };

/** A reference to an entry, and what has come of it. */
interface EntryNode {
  /** Where the finished value goes. */
  readonly place: Place;
  /** The entry that the reference was found in; absent for one in the payload itself. */
  readonly parent: EntryNode | undefined;
  readonly reference: ParsedReference;
  readonly selector: Selector | undefined;
  readonly key: string;
  /** Holds the value until it is finished, so that what is found inside it has a place to go. */
  readonly holder: Place;
  schema: SchemaTag | undefined;
  children: readonly FoundReference[];
}

/** A reference of another kind, and where its value goes. */
interface ResolverNode {
  readonly place: Place;
  readonly resolver: ReferenceResolver;
  readonly value: Readonly<Record<string, unknown>>;
}

interface FoundReference extends Found<ReferenceKind> {
  readonly parent: EntryNode | undefined;
}

/** Hydrates a value: gathers the references of a level, fetches, checks and decodes them, and goes on with the next. */
export async function hydrate(
  value: unknown,
  settings: HydrateSettings,
  recorder: Recorder,
  details: EventDetails,
  signal: AbortSignal,
): Promise<unknown> {
  const hydrated = await new Hydration(settings, recorder, details, signal).run(value);
  if (settings.schema === undefined) return hydrated;
  return abortable(validate(settings.schema, hydrated, "the schema of the call"), signal);
}

class Hydration {
  private readonly budget: HydrationBudget;
  private readonly allowed: AllowList;
  private readonly fetched = new Map<string, FetchedEntry>();
  private readonly nodes: EntryNode[] = []; // parents before children
  private readonly root = newHolder();

  constructor(
    private readonly settings: HydrateSettings,
    private readonly recorder: Recorder,
    private readonly details: EventDetails,
    private readonly signal: AbortSignal,
  ) {
    this.budget = new HydrationBudget(settings);
    this.allowed = allowListOf(settings);
  }

  async run(value: unknown): Promise<unknown> {
    let level = this.collect(value, this.root, undefined, this.settings.dialect === "native");
    for (let hop = 1; level.length > 0; hop++) {
      this.budget.enterHop(hop, level.length);
      level = await this.resolve(level);
    }
    const { references, bytes } = this.budget.progress;
    Object.assign(this.details, { entries: references, bytes, objects: this.fetched.size });
    await this.finish();
    return valueOf(this.root);
  }

  private collect(
    value: unknown,
    place: Place,
    parent: EntryNode | undefined,
    unescape: boolean,
  ): readonly FoundReference[] {
    const found = collectReferences(value, place, { unescape, recognise: (object) => this.recognise(object) });
    return found.map((reference) => ({ ...reference, parent }));
  }

  private recognise(value: Readonly<Record<string, unknown>>): ReferenceKind | undefined {
    const grammar = referenceGrammar(value);
    if (grammar !== undefined) return { grammar };
    try {
      const resolver = findResolver(this.settings.resolvers, value);
      return resolver === undefined ? undefined : { resolver };
    } catch (error) {
      throw asStorageError(error, { operation: "resolve" }, "resolver");
    }
  }

  /** Resolves the references of one level. Gives those that were found in what they point at. */
  private async resolve(level: readonly FoundReference[]): Promise<readonly FoundReference[]> {
    const resolvers: ResolverNode[] = [];
    const groups = new Map<string, EntryNode[]>();
    const entries: EntryNode[] = [];
    for (const { place, value, kind, parent } of level) {
      if ("resolver" in kind) {
        resolvers.push({ place, value, resolver: kind.resolver });
        continue;
      }
      const node = this.prepare(place, parseReference(value, kind.grammar), parent);
      entries.push(node);
      const group = groups.get(node.key);
      if (group === undefined) groups.set(node.key, [node]);
      else group.push(node);
    }
    this.budget.assertBytes(entries.reduce((sum, { reference }) => sum + (reference.size ?? 0), 0));
    for (const node of entries) this.nodes.push(node); // a spread of very many would overflow the stack
    const tasks = [
      ...[...groups.values()].map((group) => (signal: AbortSignal) => this.load(group, signal)),
      ...resolvers.map((node) => (signal: AbortSignal) => this.resolveOther(node, signal)),
    ];
    await forEachConcurrent(tasks, this.settings.concurrency, this.signal, (task, signal) => task(signal));
    return entries.flatMap(({ children }) => children);
  }

  /** Checks all of a reference that can be checked without I/O. */
  private prepare(place: Place, reference: ParsedReference, parent: EntryNode | undefined): EntryNode {
    const { location, path } = reference;
    admitLocation(location, this.allowed, this.settings.store);
    assertDecodable(reference);
    const key = entryKey(reference);
    for (let ancestor = parent; ancestor !== undefined; ancestor = ancestor.parent) {
      if (ancestor.key === key) throw cyclicReference(formatLocation(location));
    }
    const selector = path === undefined ? undefined : parseSelector(path);
    return { place, parent, reference, selector, key, holder: newHolder(), schema: undefined, children: [] };
  }

  /** Fetches an entry and puts it in the places of all references to it. */
  private async load(group: readonly EntryNode[], signal: AbortSignal): Promise<void> {
    const store = requireStore(this.settings, "hydrate");
    const [{ key }] = group as [EntryNode];
    let entry = this.fetched.get(key);
    if (entry === undefined) {
      entry = await this.fetch(store, group, signal);
      this.fetched.set(key, entry);
    }
    for (const node of group) {
      verifyEntry(entry, node.reference, store.name);
      this.budget.spend(entry.bytes.byteLength);
      this.decode(node, entry.bytes);
      this.report();
    }
  }

  private fetch(store: Store, group: readonly EntryNode[], signal: AbortSignal): Promise<FetchedEntry> {
    const [{ reference }] = group as [EntryNode];
    const path = formatLocation(reference.location);
    const declared = largestSize(group);
    const maxBytes = declared ?? this.budget.bytesLeft;
    const tooLarge = (): StorageError =>
      declared === undefined
        ? this.budget.exceededBytes()
        : integrityError(`it has more than the ${maxBytes} bytes that the reference says`, store.name, path);
    const details: EventDetails = { store: store.name, stepRunId: this.settings.stepRunId, objects: 1 };
    return this.recorder.record("read", details, async () => {
      const entry = await fetchEntry(store, reference, maxBytes, tooLarge, signal);
      details.bytes = entry.bytes.byteLength;
      return entry;
    });
  }

  private decode(node: EntryNode, bytes: Uint8Array): void {
    const { reference, holder } = node;
    const decoded = decodeEntry(bytes, reference);
    if ("binary" in decoded) {
      fill(holder, decoded.binary);
      return;
    }
    const { object, hasReserved } = decoded;
    node.schema = this.schemaOf(object, node);
    if (!hasReserved) fill(holder, object.data);
    else node.children = this.collect(object.data, holder, node, reference.dialect === "native");
  }

  private schemaOf({ schema, schemaVersion }: StoredObject, { reference, place }: EntryNode): EntryNode["schema"] {
    if (schema !== undefined) return { schema, schemaVersion };
    // BubuStack names the schema in references only, in those of parts too; the root's is that of the whole payload.
    const isWhole = reference.dialect === "bubustack" && place.container === this.root.container;
    if (!isWhole || reference.schema === undefined) return undefined;
    return { schema: reference.schema, schemaVersion: reference.schemaVersion };
  }

  private async resolveOther({ resolver, value, place }: ResolverNode, signal: AbortSignal): Promise<void> {
    const { stepRunId } = this.settings;
    const resolved = await this.recorder.record("resolve", { stepRunId }, async () => {
      try {
        return await abortable(resolver.resolve(value, { signal, stepRunId }), signal);
      } catch (error) {
        throw asStorageError(error, { operation: "resolve" }, "resolver");
      }
    });
    // Copied, since a resolver may hand out the same object every time; what is in it is data, not references.
    collectReferences(resolved, place, { unescape: false, recognise: () => undefined });
    this.budget.spend(0);
    this.report();
  }

  /** Puts every value into its place, from the innermost outwards. */
  private async finish(): Promise<void> {
    for (const node of this.nodes.reverse()) {
      let value = valueOf(node.holder);
      const { schemas } = this.settings;
      if (node.schema !== undefined && schemas !== undefined) {
        value = await abortable(schemas.check(node.schema, value), this.signal);
      }
      fill(node.place, node.selector === undefined ? value : select(value, node.selector));
    }
  }

  private report(): void {
    if (this.settings.onProgress !== undefined) notify(this.settings.onProgress, this.budget.progress);
  }
}

/** The most bytes that one of the references says its entry has. */
function largestSize(group: readonly EntryNode[]): number | undefined {
  let largest: number | undefined;
  for (const { reference } of group) {
    if (reference.size !== undefined && reference.size > (largest ?? -1)) largest = reference.size;
  }
  return largest;
}

function newHolder(): Place {
  return { container: [null], key: 0 };
}

function valueOf(holder: Place): unknown {
  return (holder.container as unknown[])[0];
}

function cyclicReference(path: string): StorageError {
  return new StorageError("CYCLIC_REFERENCE", "A reference leads back to an object that it lies inside of.", {
    operation: "hydrate",
    path,
  });
}
