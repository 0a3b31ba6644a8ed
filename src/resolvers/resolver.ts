import { StorageError } from "../errors/error.js";
import { GRAMMARS, isLeftOut } from "../reference/grammar.js";

/** The context of the call that a resolver works for. */
export interface ResolveContext {
  /** Fires when the hydration is aborted or out of time. */
  signal: AbortSignal;
  /** The step run that the hydration is attributed to. */
  stepRunId?: string | undefined;
}

/**
 * Resolves another kind of reference on hydration, one that does not point into the store. An object whose only key is
 * `key` is a reference of this kind, unless `matches` says otherwise.
 *
 * @example
 * const vault: ReferenceResolver = {
 *   key: "$bubuVaultRef",
 *   resolve: (reference, { signal }) => readFromVault(String(reference["$bubuVaultRef"]), signal),
 * };
 */
export interface ReferenceResolver {
  /**
   * The key that marks the references. It begins with `$storage` or `$bubu`, so that dehydration escapes it in user
   * data. So user data can't forge such a reference.
   */
  readonly key: string;
  /**
   * Returns whether an object is a reference of this kind. It is called only for objects that have `key` as an own
   * property. Default: whether that is their only key that JSON keeps.
   */
  matches?(value: Readonly<Record<string, unknown>>): boolean;
  /** Returns the value that replaces the reference. Rejects with a {@link StorageError}. */
  resolve(reference: Readonly<Record<string, unknown>>, context: ResolveContext): Promise<unknown>;
}

const KEY = /^\$(?:storage|bubu)./;
const RESERVED: ReadonlySet<string> = new Set(Object.values(GRAMMARS).map(({ refKey }) => refKey));

/**
 * Checks the `resolvers` option of a manager or a call.
 *
 * @throws {StorageError} `CONFIG_INVALID` unless it is an array of resolvers. Their keys must begin with `$storage` or
 *   `$bubu`, differ from each other, and not be the keys of storage references
 */
export function assertResolvers(resolvers: unknown): asserts resolvers is readonly ReferenceResolver[] {
  if (!Array.isArray(resolvers)) throw invalid("must be an array of reference resolvers");
  const keys = new Set<string>();
  for (const resolver of resolvers as readonly unknown[]) {
    if (typeof resolver !== "object" || resolver === null)
      throw invalid("has an entry that is not a reference resolver");
    const { key, resolve, matches } = resolver as Partial<ReferenceResolver>;
    if (typeof key !== "string" || !KEY.test(key)) {
      throw invalid('has a resolver whose key does not begin with "$storage" or "$bubu"');
    }
    if (RESERVED.has(key)) throw invalid(`has a resolver for "${key}", the key of storage references`);
    if (keys.has(key)) throw invalid(`has two resolvers for "${key}"`);
    if (typeof resolve !== "function") throw invalid(`has a resolver for "${key}" without a method "resolve"`);
    if (matches !== undefined && typeof matches !== "function") {
      throw invalid(`has a resolver for "${key}" whose "matches" is not a function`);
    }
    keys.add(key);
  }
}

/** Returns the resolver for the kind of reference that `value` is, if any. */
export function findResolver(
  resolvers: readonly ReferenceResolver[],
  value: Readonly<Record<string, unknown>>,
): ReferenceResolver | undefined {
  return resolvers.find((resolver) => {
    if (!Object.hasOwn(value, resolver.key)) return false;
    if (resolver.matches !== undefined) return resolver.matches(value);
    return Object.keys(value).every((key) => key === resolver.key || isLeftOut(value[key]));
  });
}

function invalid(problem: string): StorageError {
  return new StorageError("CONFIG_INVALID", problem);
}
