import { uuidv7 } from "uuidv7";
import { BubustackLayout } from "../plan/bubustack-layout.js";
import type { Layout, LayoutOptions } from "../plan/layout.js";
import { NativeLayout } from "../plan/native-layout.js";
import { formatPayloadPath } from "../plan/payload-path.js";
import type { PayloadPath, PayloadPlan } from "../plan/plan.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { walkPayload } from "../plan/walk.js";
import { escapeKey } from "../reference/escape.js";
import { referenceGrammar } from "../reference/grammar.js";
import { parseReference } from "../reference/reference.js";
import { findResolver } from "../resolvers/resolver.js";
import { StorageError } from "../error.js";
import { locationProblem } from "../location.js";
import { assertRouted } from "./admit.js";
import type { DehydrateSettings } from "./settings.js";

/** Where the objects of one call go, and what leaves for there. */
export interface LaidOutPlan {
  readonly plan: PayloadPlan;
  readonly layout: Layout;
  readonly layoutOptions: LayoutOptions;
}

/** Where objects would go is found out when something leaves: for most small payloads nothing does. */
class LazyLayout {
  private made: { readonly layout: Layout; readonly options: LayoutOptions } | undefined;

  constructor(
    private readonly settings: DehydrateSettings,
    private readonly prefix: string,
  ) {}

  get layout(): Layout {
    return this.make().layout;
  }

  get options(): LayoutOptions {
    return this.make().options;
  }

  private make(): { readonly layout: Layout; readonly options: LayoutOptions } {
    return (this.made ??= newLayout(this.settings, this.prefix));
  }
}

function newLayout(settings: DehydrateSettings, prefix: string): { layout: Layout; options: LayoutOptions } {
  const { dialect, scope = uuidv7(), schema, schemaVersion, pack, codecs } = settings;
  const { encodings } = codecs;
  const options = { prefix, scope, schema, schemaVersion, pack: dialect === "native" && pack, encodings };
  return { layout: dialect === "native" ? new NativeLayout(options) : new BubustackLayout(options), options };
}

/** Decides what leaves a payload, without I/O. */
export function planPayload(value: unknown, settings: DehydrateSettings, defaultPrefix: string): LaidOutPlan {
  const prefix = settings.prefix ?? defaultPrefix;
  if (settings.store !== undefined) assertRouted(prefix, settings.store, "dehydrate");
  const lazy = new LazyLayout(settings, prefix);
  const plan = walkPayload(value, {
    maxInlineSize: settings.maxInlineSize,
    maxEnvelopeSize: settings.maxEnvelopeSize,
    maxRecursionDepth: settings.maxRecursionDepth,
    escapeKey: settings.dialect === "native" ? escapeKey : (key) => key,
    keepsReference: (object, path) => keepsReference(object, path, settings),
    referenceSize: (entry) => lazy.layout.referenceSize(entry),
  });
  if (plan.entries.length > 0) assertPathsFit(plan.entries[0]!, lazy.layout);
  return {
    plan,
    get layout() {
      return lazy.layout;
    },
    get layoutOptions() {
      return lazy.options;
    },
  };
}

function keepsReference(
  object: Readonly<Record<string, unknown>>,
  path: () => PayloadPath,
  { references, resolvers }: DehydrateSettings,
): boolean {
  if (references === "escape") return false;
  const grammar = referenceGrammar(object);
  if (grammar === undefined && findResolver(resolvers, object) === undefined) return false;
  const place = formatPayloadPath(path());
  if (references === "reject") {
    throw new StorageError(
      "INVALID_REFERENCE",
      `The payload holds a reference at ${place}, which references: "reject" forbids.`,
      { operation: "dehydrate" },
    );
  }
  if (grammar !== undefined) assertWellFormed(object, grammar, place);
  return true;
}

function assertWellFormed(
  object: Readonly<Record<string, unknown>>,
  grammar: NonNullable<ReturnType<typeof referenceGrammar>>,
  place: string,
): void {
  try {
    parseReference(object, grammar);
  } catch (cause) {
    throw new StorageError(
      "INVALID_REFERENCE",
      `The reference at ${place} of the payload is not valid; see the cause.`,
      {
        operation: "dehydrate",
        cause,
      },
    );
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
