import { uuidv7 } from "uuidv7";
import { BubustackLayout } from "../plan/layouts/bubustack-layout.js";
import type { Layout, LayoutOptions } from "../plan/layouts/layout.js";
import { NativeLayout } from "../plan/layouts/native-layout.js";
import type { PayloadPlan } from "../plan/plan.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { PayloadWalk } from "../plan/walk.js";
import { escapeKey } from "../reference/escape.js";
import { StorageError } from "../errors/error.js";
import { locationProblem } from "../paths/location.js";
import { assertRouted } from "../access/admit.js";
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
  const planning = new Planning(value, settings, defaultPrefix);
  while (!planning.step());
  return planning;
}

/**
 * Does the same as {@link planPayload}, in steps. Other tasks may get their turn between the steps. The plan is there
 * once all is done.
 */
export class Planning implements PlannedPayload {
  readonly expiry: CallExpiry | undefined;
  budget: ResultBudget | undefined;
  private readonly prefix: string;
  private readonly passed: PassedReferences;
  private readonly walk: PayloadWalk;
  private walked: PayloadPlan | undefined;
  private budgeting: Generator<undefined, ResultBudget, undefined> | undefined;
  private laidOut: { readonly layout: Layout; readonly options: LayoutOptions } | undefined;

  /**
   * @param sources records every source that is found; default: an owner that is not used, because no source will be
   *   read
   * @param keys the keys of the payload, if they were listed a moment ago
   */
  constructor(
    value: unknown,
    private readonly settings: DehydrateSettings,
    defaultPrefix: string,
    readonly sources = new SourceOwner(),
    keys?: readonly string[],
  ) {
    this.prefix = settings.prefix ?? defaultPrefix;
    if (settings.store !== undefined) assertRouted(this.prefix, settings.store, "dehydrate");
    this.expiry = CallExpiry.begin(settings);
    const passed = (this.passed = new PassedReferences(settings));
    this.walk = new PayloadWalk(value, {
      maxInlineSize: settings.maxInlineSize,
      maxEnvelopeSize: settings.maxEnvelopeSize,
      maxSharedSize: settings.pack === false ? 0 : settings.pack.maxEntrySize,
      maxRecursionDepth: settings.maxRecursionDepth,
      escapeKey: settings.dialect === "native" && settings.isEscaped !== true ? escapeKey : (key) => key,
      keepsReference: (object, path) => passed.keeps(object, path),
      refusesLoss: settings.lossy === "error",
      keys,
      onSource: sources.add,
      referenceSize: (entry) => this.layout.referenceSize(entry),
    });
  }

  /** Continues the plan: runs the walk first, and then computes the budget of its result. @returns whether all is done */
  step(): boolean {
    if (this.walked === undefined) {
      if (!this.walk.step()) return false;
      this.walked = this.walk.plan;
      this.sources.complete();
      const { entries } = this.walked;
      if (entries.length > 0) assertPathsFit(entries[0]!, this.layout);
      this.budgeting = this.beginBudget(entries);
    }
    const next = this.budgeting?.next();
    if (next?.done === false) return false;
    this.budget = next?.value;
    return true;
  }

  get plan(): PayloadPlan {
    return this.walked!;
  }

  get escaped(): number {
    return this.passed.escaped;
  }

  get layout(): Layout {
    return this.layOut().layout;
  }

  get layoutOptions(): LayoutOptions {
    return this.layOut().options;
  }

  /** Computes where objects go only when something leaves. In most small payloads nothing leaves. */
  private layOut(): { readonly layout: Layout; readonly options: LayoutOptions } {
    return (this.laidOut ??= newLayout(this.settings, this.prefix, this.expiry));
  }

  private beginBudget(entries: readonly PlannedEntry[]): Generator<undefined, ResultBudget, undefined> | undefined {
    if (entries.length === 0 && this.passed.references === 0) return undefined;
    // Without a store, a value that leaves is an error of its own.
    if (entries.length > 0 && this.settings.store === undefined) return undefined;
    return ResultBudget.of(entries, this.passed, this.settings, this);
  }
}

const SAMPLE_DIGEST = Buffer.alloc(32);

function assertPathsFit(entry: PlannedEntry, layout: Layout): void {
  const problem = locationProblem(layout.objectPath(entry, SAMPLE_DIGEST));
  if (problem === undefined) return;
  throw new StorageError("CONFIG_INVALID", `The options prefix and scope give no valid object path: ${problem}.`, {
    operation: "dehydrate",
  });
}
