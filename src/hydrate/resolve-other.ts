import { abortable } from "../async/abort.js";
import { callFailure } from "../errors/as-storage-error.js";
import type { Recorder } from "../observe/recorder.js";
import { collectReferences, fill, type Place } from "../reference/collect.js";
import { selectAll, type Stage } from "../reference/stage.js";
import type { ReferenceResolver } from "../resolvers/resolver.js";
import { newHolder, valueOf } from "./entry-node.js";

/** A reference of another kind, and where its value goes. */
export interface ResolverNode {
  readonly place: Place;
  readonly resolver: ReferenceResolver;
  readonly value: Readonly<Record<string, unknown>>;
  readonly rest: Stage | undefined;
}

/**
 * Puts the value that a resolver returns for a reference in its place.
 *
 * @throws {StorageError} what the resolver throws
 */
export async function resolveOther(
  { resolver, value, place, rest }: ResolverNode,
  stepRunId: string | undefined,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  const resolved = await recorder.record("resolve", { stepRunId }, async () => {
    try {
      return await abortable(resolver.resolve(value, { signal, stepRunId }), signal);
    } catch (error) {
      throw callFailure(error, signal, { operation: "resolve" }, "resolver");
    }
  });
  // The value is copied, because a resolver may return the same object every time. Its content is data, not
  // references.
  const holder = newHolder();
  collectReferences(resolved, holder, { unescape: false, recognise: () => undefined });
  fill(place, selectAll(valueOf(holder), rest));
}
