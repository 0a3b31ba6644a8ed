import { RAISE } from "../hydrate/budget.js";
import { admitLocation } from "../access/admit.js";
import { checkedReference, type CheckedReference } from "../access/checked-reference.js";
import { selectPart } from "../access/select-part.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { sha256 } from "../bytes/digest.js";
import type { ManagerParts } from "../call/call.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import { allowListOf, locationOf } from "../configure/confine.js";
import type { DehydrateOptions } from "../configure/options.js";
import { CallExpiry } from "../dehydrate/call-expiry.js";
import { dehydratePayload } from "../dehydrate/dehydrate.js";
import { ObjectWriter } from "../dehydrate/object-writer.js";
import { isBinary } from "../hydrate/decode-entry.js";
import { newHolder, valueOf, type ReferenceKind } from "../hydrate/entry-node.js";
import { openStoredEntry, readStoredObject } from "../hydrate/open-entry.js";
import { recogniseReference } from "../hydrate/recognise-reference.js";
import { StorageError } from "../errors/error.js";
import { isPlainObject } from "../json/is-object.js";
import { directoryOf, formatLocation, locationBelow } from "../paths/location.js";
import { namedType } from "../plan/binary.js";
import { Binary } from "../plan/source.js";
import { isStored, type Stored } from "../plan/stored.js";
import { collectReferences, fill } from "../reference/collect.js";
import { FIELDS, isMediaType } from "../reference/fields.js";
import { referenceGrammar, type Grammar } from "../reference/grammar.js";
import type { ParsedReference } from "../reference/reference.js";
import { cyclicReference } from "../reference/stored-entry.js";
import { Semaphore } from "../store/layers/semaphore.js";
import type { CallOptions, Store } from "../store/store.js";

/** Options of an adoption. */
export interface AdoptOptions extends CallOptions, Pick<DehydrateOptions, "prefix" | "ttl"> {
  /** The scope that the references are adopted into, as `dehydrate` takes it. */
  scope: string;
  /**
   * The audience that the references were signed for, and are signed for again. Without `signing` the call fails with
   * `CONFIG_INVALID`.
   */
  audience?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** An entry in which a reference was found. */
interface Holder {
  readonly key: string;
  /** Hops from the envelope. */
  readonly depth: number;
}

/**
 * Turns the references of one envelope into references of one scope. It copies objects whose bytes can be used
 * unchanged.
 */
export class Adoption {
  private readonly directory: string;
  private readonly below: string;
  private readonly label: string | undefined;
  private readonly expiry: CallExpiry | undefined;
  private readonly writer: ObjectWriter;
  private readonly copies = new Map<string, Promise<string>>();
  private readonly adopted = new Map<string, Promise<unknown>>();
  private readonly links = new Map<string, Set<string>>();
  private readonly operations: Semaphore;
  private readonly settings: DehydrateSettings;
  private references = 0;

  constructor(
    private readonly parts: ManagerParts & { readonly settings: DehydrateSettings },
    private readonly store: Store,
    private readonly options: AdoptOptions,
    private readonly signal: AbortSignal,
  ) {
    const { settings, recorder } = parts;
    this.settings = settings;
    this.expiry = CallExpiry.begin(settings);
    this.label = this.expiry?.label(options.scope);
    this.below = settings.prefix ?? settings.outputPrefix;
    this.directory = locationBelow(this.below, this.labelled(options.scope));
    this.writer = new ObjectWriter(store, settings, recorder);
    this.operations = new Semaphore(settings.concurrency);
  }

  /** The number of objects that were copied. */
  get objects(): number {
    return this.writer.objects;
  }

  /** Returns the envelope, with new references in the place of those outside the scope. */
  async payload(value: unknown): Promise<unknown> {
    const adopted = await this.replaced(value);
    this.expiry?.assertInTime();
    return adopted.value;
  }

  /** @param holder the entry in which the value was found; absent for the envelope */
  private async replaced(value: unknown, holder?: Holder): Promise<{ value: unknown; references: number }> {
    const { dialect, resolvers, concurrency } = this.settings;
    const root = newHolder();
    const recognise = (object: Fields): ReferenceKind | undefined =>
      recogniseReference(object, undefined, dialect, resolvers);
    const recogniseOther = (object: object): { stored: Stored } | undefined =>
      isStored(object) ? { stored: object } : undefined;
    const found = collectReferences<ReferenceKind | { stored: Stored }>(value, root, {
      unescape: false,
      recognise,
      recogniseOther,
    });
    this.count(found.length);
    await forEachConcurrent(found, concurrency, this.signal, async ({ place, value: object, kind }) => {
      if ("stored" in kind) fill(place, await this.storedObject(kind.stored));
      // An object for a resolver is not in the store.
      else fill(place, "resolver" in kind ? object : await this.reference(object, holder));
    });
    return { value: valueOf(root), references: found.length };
  }

  /** @throws {StorageError} `BUDGET_EXCEEDED` for more references than one hydration follows */
  private count(references: number): void {
    this.references += references;
    const { maxReferences } = this.settings;
    if (this.references <= maxReferences) return;
    const message = `There are more than ${maxReferences} references (maxReferences). ${RAISE}`;
    throw new StorageError("BUDGET_EXCEEDED", message, { operation: "adopt" });
  }

  /** Adopts a reference once, for all places that hold the same reference. */
  private async reference(object: Fields, holder: Holder | undefined): Promise<unknown> {
    const { settings } = this;
    const checked = checkedReference(object, settings, "adopt");
    admitLocation(checked.reference.location, allowListOf(settings), settings.store, "adopt");
    if (this.isOwn(checked.reference)) return { ...object };
    const key = JSON.stringify(checked.fields);
    const depth = (holder?.depth ?? 0) + 1;
    if (holder !== undefined) this.link(holder.key, key);
    if (depth > Math.max(2, settings.maxRecursionDepth)) throw tooDeep(settings.maxRecursionDepth);
    let adopted = this.adopted.get(key);
    if (adopted === undefined) this.adopted.set(key, (adopted = this.adopt(checked, { key, depth })));
    const result = await adopted;
    return isPlainObject(result) ? { ...result } : result; // no two places share one object
  }

  /**
   * Notes that one entry leads to another.
   *
   * @throws {StorageError} `CYCLIC_REFERENCE` when the link closes a cycle
   */
  private link(from: string, to: string): void {
    const seen = new Set([to]);
    // The loop also visits the items that are added to the set meanwhile.
    for (const key of seen) for (const next of this.links.get(key) ?? []) seen.add(next);
    if (seen.has(from)) throw cyclicReference("adopt");
    const links = this.links.get(from);
    if (links === undefined) this.links.set(from, new Set([to]));
    else links.add(to);
  }

  private async adopt(checked: CheckedReference, holder: Holder): Promise<unknown> {
    const { reference, fields } = checked;
    // An encrypted entry is bound to its scope.
    const isBound = this.settings.codecs.endsEncrypted(reference.encoding);
    if (isBinary(reference)) return isBound ? this.writeBinary(reference, fields) : this.copy(checked);
    const { contentType, data } = await this.inTurn(() => readStoredObject(reference, this.settings, this.signal));
    // References inside a stored value are adopted too.
    const inner = contentType === "raw" ? undefined : await this.replaced(data, holder);
    if (!isBound && (inner === undefined || inner.references === 0)) return this.copy(checked);
    return this.write(inner === undefined ? data : inner.value, reference, fields);
  }

  /** Returns whether an object lies where the adopted objects do. */
  private isOwn({ location }: ParsedReference): boolean {
    return formatLocation({ ...location, path: directoryOf(location) }) === this.directory;
  }

  private async copy({ reference, fields, grammar, authentic }: CheckedReference): Promise<Fields> {
    const from = formatLocation(reference.location);
    let copied = this.copies.get(from);
    if (copied === undefined) this.copies.set(from, (copied = this.inTurn(() => this.copyObject(reference, grammar))));
    const signature = FIELDS.signature.native;
    const kept = Object.entries(fields).filter(([key]) => key !== signature);
    const adopted = Object.fromEntries([...kept, [grammar.refKey, await copied]]);
    const { signing, audience } = this.settings;
    if (authentic !== undefined) adopted[signature] = signing!.signer.forCall(audience).sign(adopted);
    return adopted;
  }

  private async copyObject({ location, size, offset }: ParsedReference, { dialect }: Grammar): Promise<string> {
    const from = formatLocation(location);
    const name = location.path.slice(location.path.lastIndexOf("/") + 1);
    // Object names in the dialect bubustack say where a value stood in its payload. Other payloads use the same names.
    const scope = dialect === "native" ? this.options.scope : this.ownScope(directoryOf(location));
    const to = locationBelow(this.below, `${this.labelled(scope)}/${name}`);
    if (await this.writer.canCopy(from, this.signal)) {
      // An entry with an offset shares its object with others. Its reference does not tell the size of the object.
      await this.writer.copy(from, to, offset === undefined ? size : undefined, this.signal);
    } else {
      const { info, ...body } = await this.store.read(from, { signal: this.signal });
      const contentType = info.contentType ?? "application/octet-stream";
      await this.writer.write({ path: to, body, size: info.size, contentType }, this.signal);
    }
    return to;
  }

  /** Runs an operation of the store. Limits how many of them run at a time to the limit of a call. */
  private async inTurn<T>(run: () => Promise<T>): Promise<T> {
    const release = await this.operations.acquire(this.signal);
    try {
      return await run();
    } finally {
      release();
    }
  }

  private async writeBinary(reference: ParsedReference, fields: Fields): Promise<unknown> {
    const opened = await openStoredEntry(reference, this.settings, this.signal, this.signal);
    return this.write(new Binary(opened, reference.contentType ?? ""), reference, fields);
  }

  /**
   * Reads an object once, and writes it again. So the new reference describes the kept bytes, whatever somebody writes
   * to the object meanwhile.
   */
  private async storedObject({ path, contentType, filename }: Stored): Promise<unknown> {
    const { settings, store, signal } = this;
    const location = locationOf(path, "object path", "adopt", store.name);
    admitLocation(location, allowListOf(settings), store, "adopt");
    const result = await store.read(formatLocation(location), { signal });
    const own = result.info.contentType ?? "";
    const type = contentType ?? (isMediaType(own) ? own : "application/octet-stream");
    const named = filename === undefined ? type : namedType(type, filename);
    return this.write(new Binary(result, named), {}, { path });
  }

  /**
   * Writes a value again, as it was stored. Returns a reference to the value, or to the part of it that was selected.
   */
  private async write(
    stored: unknown,
    { schema, schemaVersion, path }: Pick<ParsedReference, "schema" | "schemaVersion" | "path">,
    fields: Fields,
  ): Promise<unknown> {
    const { settings, options } = this;
    const { prefix, ttl, audience } = options;
    const isBubustack = settings.dialect === "bubustack";
    const scope = isBubustack ? this.ownScope(JSON.stringify(fields)) : options.scope;
    const call: DehydrateOptions = { scope, prefix, ttl, audience, schema, schemaVersion, signal: this.signal };
    // The whole value leaves as one object.
    const whole = { maxInlineSize: 0, maxRecursionDepth: 0, references: "pass" as const, isEscaped: true };
    const parts = { ...this.parts, settings: { ...this.parts.settings, ...whole } };
    const written = await this.inTurn(() => dehydratePayload(parts, stored, call, "outputPrefix"));
    const isReference = isPlainObject(written) && referenceGrammar(written) !== undefined;
    return path === undefined || !isReference ? written : selectPart(written, path, settings);
  }

  private ownScope(text: string): string {
    return `${this.options.scope}/${sha256(Buffer.from(text)).toString("hex").slice(0, 32)}`;
  }

  /** Returns where the objects of a scope lie below the prefix. */
  private labelled(scope: string): string {
    return this.label === undefined ? scope : `${scope}/${this.label}`;
  }
}

function tooDeep(maxRecursionDepth: number): StorageError {
  const message = `The envelope needs more reference hops than are followed (maxRecursionDepth: ${maxRecursionDepth}). ${RAISE}`;
  return new StorageError("RECURSION_LIMIT", message, { operation: "adopt" });
}
