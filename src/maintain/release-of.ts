import * as z from "zod/mini";
import { checkSignature } from "../access/authenticate.js";
import { callStore, type ManagerParts } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { recogniseReference } from "../hydrate/recognise-reference.js";
import { roleOf } from "../object/reserved-names.js";
import type { EventDetails } from "../observe/recorder.js";
import { parseOptions } from "../options/parse-options.js";
import { AllowList, parseAllowPrefix } from "../reference/allow.js";
import { findReferences } from "../reference/find-references.js";
import type { Grammar } from "../reference/grammar.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import { isAuthentic, signatureInvalid } from "../reference/sign/signature.js";
import { releaseFields, releaseScope, settingsBelow, type ReleaseOptions } from "./release.js";

/** A scope, and the prefix that the scope lies below. */
interface OwnScope {
  readonly prefix: string;
  readonly scope: string;
}

const schema = z.strictObject(releaseFields);

/**
 * Releases the scopes of the references in an envelope. Only scopes below this manager's own prefixes count, or below
 * the prefix of the call. All references are checked before anything is deleted.
 *
 * @throws {StorageError} `SIGNATURE_INVALID`, `INVALID_REFERENCE`, `CONFIG_INVALID`
 */
export async function releaseOf(
  parts: ManagerParts,
  value: unknown,
  options: ReleaseOptions,
): Promise<{ deleted: number; scopes: string[] }> {
  const details: EventDetails = { store: parts.settings.store?.name };
  const { prefix, signal: callSignal, ...how } = parseOptions(schema, options, "releaseOf");
  const settings = settingsBelow(prefix, parts.settings, "releaseOf");
  const own = ownScopes(value, settings);
  const scopes = [...new Set(own.map(({ scope }) => scope))];
  if (own.length === 0) return { deleted: 0, scopes };
  try {
    return await callStore(parts, "release", details, { signal: callSignal }, async (signal) => {
      let deleted = 0;
      for (const { prefix: below, scope } of own) {
        const only = { ...settings, outputPrefix: below, inputPrefix: below };
        deleted += (await releaseScope({ scope, ...how }, only, details, signal)).deleted;
      }
      return { deleted, scopes };
    });
  } finally {
    for (const scope of scopes) parts.source.forgetScope(scope);
  }
}

/** Returns the scopes of the references in an envelope, without scopes that lie inside another one of them. */
function ownScopes(value: unknown, settings: ManagerSettings): OwnScope[] {
  const found = new Map<string, OwnScope>();
  for (const reference of referencesOf(value, settings)) {
    const own = ownScopeOf(reference, settings);
    if (own !== undefined) found.set(`${own.prefix}/${own.scope}/`, own);
  }
  const directories = [...found.keys()];
  return [...found]
    .filter(([directory]) => !directories.some((other) => other !== directory && directory.startsWith(other)))
    .map(([, own]) => own);
}

function* referencesOf(value: unknown, settings: ManagerSettings): Generator<ParsedReference, void, undefined> {
  const { dialect, resolvers } = settings;
  const recognise = (object: Readonly<Record<string, unknown>>): Grammar | undefined => {
    const kind = recogniseReference(object, undefined, dialect, resolvers);
    return kind !== undefined && "grammar" in kind ? kind.grammar : undefined;
  };
  for (const { value: object, kind: grammar } of findReferences(value, undefined, recognise)) {
    const checked = checkSignature(object, grammar, settings);
    // An expired reference can't be read any more, but its scope can still be released.
    if (checked !== undefined && !isAuthentic(checked)) throw signatureInvalid(checked.status, "releaseOf");
    yield parseReference(object, grammar);
  }
}

function ownScopeOf(
  { location }: ParsedReference,
  { outputPrefix, inputPrefix }: ManagerSettings,
): OwnScope | undefined {
  const prefix = [outputPrefix, inputPrefix].find((own) => new AllowList([own]).admits(location));
  if (prefix === undefined) return undefined;
  const { role, directory } = roleOf(location.path);
  const scope = directory.slice(parseAllowPrefix(prefix).path.length + 1);
  return (role === "payload" || role === "unknown") && scope !== "" ? { prefix, scope } : undefined;
}
