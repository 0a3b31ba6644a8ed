import { uuidv7 } from "uuidv7";
import { BubustackLayout } from "../plan/layouts/bubustack-layout.js";
import type { Layout, LayoutOptions } from "../plan/layouts/layout.js";
import { NativeLayout } from "../plan/layouts/native-layout.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";
import type { PayloadPlan } from "../plan/plan.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { PayloadWalk } from "../plan/walk.js";
import { escapeKey } from "../reference/escape.js";
import { isReference } from "../reference/references-in.js";
import { isSpoiltReference, referenceGrammar, type Grammar } from "../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../reference/location.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import { signatureInvalid, type CheckedSignature } from "../reference/sign/signature.js";
import { findResolver } from "../resolvers/resolver.js";
import { StorageError } from "../errors/error.js";
import { locationProblem } from "../paths/location.js";
import { assertRouted } from "../access/admit.js";
import { checkSignature } from "../access/authenticate.js";
import { CallExpiry } from "./call-expiry.js";
import { PassedReferences } from "./passed-references.js";
import { ResultBudget } from "./result-budget.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import { SourceOwner } from "./streams/source-owner.js";

/** Where the objects of one call go, and which values leave. */
export interface PlannedPayload {
  readonly plan: PayloadPlan;
  readonly layout: Layout;
  readonly layoutOptions: LayoutOptions;
  /** Owns the sources among the entries. */
  readonly sources: SourceOwner;
  /** The cost of hydrating the result. Absent where no entry leaves. */
  readonly budget: ResultBudget | undefined;
  /** How many references were escaped, because no option let them pass. */
  readonly escaped: number;
  /** When the objects end. Absent where no object ends by age. */
  readonly expiry: CallExpiry | undefined;
}

/** Computes where objects go only when something leaves. In most small payloads nothing leaves. */
class LazyLayout {
  private made: { readonly layout: Layout; readonly options: LayoutOptions } | undefined;

  readonly expiry: CallExpiry | undefined;

  constructor(
    private readonly settings: DehydrateSettings,
    private readonly prefix: string,
  ) {
    this.expiry = CallExpiry.begin(settings);
  }

  readonly make = (): { readonly layout: Layout; readonly options: LayoutOptions } =>
    (this.made ??= newLayout(this.settings, this.prefix, this.expiry));

  get layout(): Layout {
    return this.make().layout;
  }

  get options(): LayoutOptions {
    return this.make().options;
  }
}

function newLayout(
  settings: DehydrateSettings,
  prefix: string,
  expiry: CallExpiry | undefined,
): { layout: Layout; options: LayoutOptions } {
  const { dialect, scope = uuidv7(), schema, schemaVersion, pack, codecs, signing, audience } = settings;
  const { encodings } = codecs;
  const signer = signing?.signer.forCall(audience);
  const label = expiry?.label(scope);
  const directory = label === undefined ? scope : `${scope}/${label}`;
  const options = {
    prefix,
    scope,
    directory,
    schema,
    schemaVersion,
    pack: dialect === "native" && pack,
    encodings,
    signer,
  };
  return { layout: dialect === "native" ? new NativeLayout(options) : new BubustackLayout(options), options };
}

/** Decides what leaves a payload, without I/O. */
export function planPayload(value: unknown, settings: DehydrateSettings, defaultPrefix: string): PlannedPayload {
  const planning = beginPlan(value, settings, defaultPrefix);
  while (!planning.step());
  return planning.planned();
}

/** A plan that is made in steps. Other tasks may get their turn between the steps. */
export interface Planning {
  /** Continues the plan. @returns whether all is done */
  step(): boolean;
  /** Returns the finished plan, once all is done. */
  planned(): PlannedPayload;
}

/**
 * Does the same as {@link planPayload}, in steps.
 *
 * @param sources records every source that is found; default: an owner that is not used, because no source will be
 *   read
 * @param keys the keys of the payload, if they were listed a moment ago
 */
export function beginPlan(
  value: unknown,
  settings: DehydrateSettings,
  defaultPrefix: string,
  sources = new SourceOwner(),
  keys?: readonly string[],
): Planning {
  const prefix = settings.prefix ?? defaultPrefix;
  if (settings.store !== undefined) assertRouted(prefix, settings.store, "dehydrate");
  const lazy = new LazyLayout(settings, prefix);
  const passed = new PassedReferences();
  const walk = new PayloadWalk(value, {
    maxInlineSize: settings.maxInlineSize,
    maxEnvelopeSize: settings.maxEnvelopeSize,
    maxSharedSize: settings.pack === false ? 0 : settings.pack.maxEntrySize,
    maxRecursionDepth: settings.maxRecursionDepth,
    escapeKey: settings.dialect === "native" && settings.isEscaped !== true ? escapeKey : (key) => key,
    keepsReference: (object, path) => keepsReference(object, path, settings, passed),
    refusesLoss: settings.lossy === "error",
    keys,
    onSource: sources.add,
    referenceSize: (entry) => lazy.layout.referenceSize(entry),
  });
  return new WalkingPlan(walk, passed, settings, lazy, sources);
}

/** Runs the walk first, and then computes the budget of its result. */
class WalkingPlan implements Planning {
  private plan: PayloadPlan | undefined;
  private budgeting: Generator<undefined, ResultBudget, undefined> | undefined;
  private budget: ResultBudget | undefined;

  constructor(
    private readonly walk: PayloadWalk,
    private readonly passed: PassedReferences,
    private readonly settings: DehydrateSettings,
    private readonly lazy: LazyLayout,
    private readonly sources: SourceOwner,
  ) {}

  step(): boolean {
    if (this.plan === undefined) {
      if (!this.walk.step()) return false;
      this.plan = this.walk.plan;
      this.sources.complete();
      if (this.plan.entries.length > 0) assertPathsFit(this.plan.entries[0]!, this.lazy.layout);
      this.budgeting = this.beginBudget(this.plan);
    }
    const next = this.budgeting?.next();
    if (next?.done === false) return false;
    this.budget = next?.value;
    return true;
  }

  planned(): PlannedPayload {
    const { lazy, sources, budget } = this;
    return {
      plan: this.plan!,
      sources,
      budget,
      escaped: this.passed.escaped,
      expiry: lazy.expiry,
      get layout() {
        return lazy.layout;
      },
      get layoutOptions() {
        return lazy.options;
      },
    };
  }

  private beginBudget({ entries }: PayloadPlan): Generator<undefined, ResultBudget, undefined> | undefined {
    const { passed, settings, lazy } = this;
    if (entries.length === 0 && passed.references === 0) return undefined;
    // Without a store, a value that leaves is an error of its own.
    if (entries.length > 0 && settings.store === undefined) return undefined;
    return ResultBudget.of(entries, passed, settings, lazy.make);
  }
}

function keepsReference(
  object: Readonly<Record<string, unknown>>,
  path: () => PayloadPath,
  settings: DehydrateSettings,
  passed: PassedReferences,
): boolean {
  const { references, resolvers, signing } = settings;
  // With "adopt", an earlier step has already made these references this call's own.
  if (references === "escape") {
    if (signing !== undefined && passesByItself(object, settings, passed)) return true;
    if (isReference(object)) passed.escaped++;
    return false;
  }
  const grammar = referenceGrammar(object);
  // A spoilt reference is one that its readers would refuse.
  const isSpoilt = settings.dialect === "native" && grammar === undefined && isSpoiltReference(object);
  if (grammar === undefined && !isSpoilt && findResolver(resolvers, object) === undefined) return false;
  const place = formatPayloadPath(path());
  if (references === "reject") {
    throw new StorageError(
      "INVALID_REFERENCE",
      `The payload holds a reference at ${place}, which references: "reject" forbids.`,
      { operation: "dehydrate" },
    );
  }
  if (isSpoilt) throw badReference(place, invalidReference(FOREIGN_KEY));
  if (grammar !== undefined) passed.add(assertGood(object, grammar, place, settings));
  else if (signing === undefined) passed.references++; // with signing, resolvers do nothing by themselves
  return true;
}

/** Returns whether a reference has an authentic signature, even an expired one. A reference without it is data. */
function passesByItself(
  object: Readonly<Record<string, unknown>>,
  settings: DehydrateSettings,
  passed: PassedReferences,
): boolean {
  const grammar = referenceGrammar(object);
  const checked = grammar && checkSignature(object, grammar, settings);
  if (grammar === undefined || checked === undefined || !isAuthentic(checked)) return false;
  const reference = wellFormed(object, grammar);
  if (reference === undefined) return false;
  passed.add(reference);
  return true;
}

function isAuthentic(checked: CheckedSignature): boolean {
  return checked.status === "valid" || checked.status === "expired";
}

function wellFormed(object: Readonly<Record<string, unknown>>, grammar: Grammar): ParsedReference | undefined {
  try {
    return parseReference(object, grammar);
  } catch {
    return undefined;
  }
}

function assertGood(
  object: Readonly<Record<string, unknown>>,
  grammar: Grammar,
  place: string,
  settings: DehydrateSettings,
): ParsedReference {
  const checked = checkSignature(object, grammar, settings);
  if (checked !== undefined && checked.status !== "valid" && checked.status !== "expired") {
    throw new StorageError(
      "SIGNATURE_INVALID",
      `The reference at ${place} of the payload has no signature that is accepted; see the cause.`,
      { operation: "dehydrate", cause: signatureInvalid(checked.status, "dehydrate") },
    );
  }
  try {
    return parseReference(object, grammar);
  } catch (cause) {
    throw badReference(place, cause);
  }
}

function badReference(place: string, cause: unknown): StorageError {
  const message = `The reference at ${place} of the payload is not valid; see the cause.`;
  return new StorageError("INVALID_REFERENCE", message, { operation: "dehydrate", cause });
}

const SAMPLE_DIGEST = Buffer.alloc(32);

function assertPathsFit(entry: PlannedEntry, layout: Layout): void {
  const problem = locationProblem(layout.objectPath(entry, SAMPLE_DIGEST));
  if (problem === undefined) return;
  throw new StorageError("CONFIG_INVALID", `The options prefix and scope give no valid object path: ${problem}.`, {
    operation: "dehydrate",
  });
}
