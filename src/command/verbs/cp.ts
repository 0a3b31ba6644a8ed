import { forEachConcurrent } from "../../async/concurrency.js";
import { isNotFound, isStorageError, StorageError } from "../../errors/error.js";
import { contentAddressedDigest } from "../../object/object-name.js";
import { NO_OBJECT } from "../../store/no-object.js";
import { overlapOf } from "../../store/place.js";
import type { Store } from "../../store/store.js";
import { confirm } from "../confirm.js";
import { differences } from "../differences.js";
import { EXIT } from "../exit-codes.js";
import { usageFailure } from "../failure.js";
import { assertDirectory } from "../missing-directory.js";
import { isStoreUrl } from "../store-url.js";
import { assertApart, storesApart } from "../two-stores.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Flags = FlagsOf<"cp">;

/** An object to copy, and the function that copies it. */
interface Copy {
  readonly path: string;
  readonly size: number;
  /** Whether the object comes from a listing. It may have been deleted since, and then there is nothing to copy. */
  readonly mayGo: boolean;
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}

const CONCURRENCY = 8;

export const run: RunVerb = async (call) => {
  const { output, progress, signal, say } = call;
  const { dryRun = false } = call.options as Flags;
  const copies = await copiesOf(call);
  await confirm(call, "Copy, and write over what is there and differs");
  const result = { copied: 0, bytes: 0, gone: 0, failed: 0 };
  const place = new Place(call);
  await forEachConcurrent(copies, CONCURRENCY, signal, async ({ path, size, mayGo, run }, callSignal) => {
    place.begin(path);
    try {
      if (!dryRun) await run(callSignal);
      result.copied++;
      result.bytes += size;
    } catch (error) {
      if (callSignal.aborted || !isStorageError(error)) throw error;
      if (!mayGo || !isNotFound(error)) {
        result.failed++;
        say(`coatcheck: ${error.message}`);
        return;
      }
      result.gone++;
    }
    progress.show(() => `${result.copied} copied`);
    if (result.failed === 0) place.end(path);
  });
  progress.end();
  await output.document({ dryRun, ...result }, () => [
    `${dryRun ? "would copy" : "copied"} ${result.copied} (${result.bytes} bytes)`,
    ...(result.gone > 0 ? [`gone meanwhile ${result.gone}`] : []),
    ...(result.failed > 0 ? [`failed ${result.failed}`] : []),
  ]);
  return result.failed > 0 ? EXIT.inPart : EXIT.fine;
};

/** Progress of copies, several of which run at a time. */
class Place {
  /** Running copies in order, each with the path of the copy that was started right before. */
  readonly #running = new Map<string, string | undefined>();
  #last: string | undefined;

  constructor(private readonly call: VerbCall) {}

  begin(path: string): void {
    this.#running.set(path, this.#last);
    this.#last = path;
  }

  /** Notes that a copy is done. An interrupted run continues after the last copy before all running copies. */
  end(path: string): void {
    this.#running.delete(path);
    const [before] = this.#running.size === 0 ? [this.#last] : this.#running.values();
    if (before === undefined || !isStoreUrl(this.call.args[0]!)) return;
    this.call.goOnWith(`--start-after ${JSON.stringify(before)}, or without it: what is there is passed over`);
  }
}

async function copiesOf(call: VerbCall): Promise<AsyncIterable<Copy>> {
  const [from, to] = call.args as [string, string | undefined];
  if (isStoreUrl(from)) return betweenStores(call);
  if (to === undefined || isStoreUrl(to))
    throw usageFailure("cp takes two URLs, or two paths; --prefix is for a part of a store.");
  const { prefix, startAfter } = call.options as Flags;
  if ((prefix ?? startAfter) !== undefined) throw usageFailure("--prefix and --start-after go with URLs.");
  if (from.endsWith("/") !== to.endsWith("/")) throw usageFailure("Two paths of cp end both in /, or neither does.");
  const store = await call.store();
  await assertDirectory(call);
  if (from.endsWith("/")) {
    if (from === to) throw usageFailure("The two paths of cp are the same.");
    const overlap = overlapOf(from, to, "");
    await assertApart(store, overlap && { ...overlap, paths: from + overlap.paths }, call.signal);
  }
  return withinStore(store, from, to, call.signal);
}

async function betweenStores(call: VerbCall): Promise<AsyncIterable<Copy>> {
  const { prefix = "", startAfter } = call.options as Flags;
  const { from, to } = await storesApart(call, prefix);
  const { signal } = call;
  return (async function* () {
    for await (const { path, difference, size } of differences({ from, to, prefix, startAfter, signal })) {
      if (difference !== "extra")
        yield { path, size: size!, mayGo: true, run: (callSignal) => copyAcross(from, to, path, callSignal) };
    }
  })();
}

async function* withinStore(store: Store, from: string, to: string, signal: AbortSignal): AsyncGenerator<Copy> {
  if (!from.endsWith("/")) {
    const found = await store.stat(from, { signal });
    if (found === undefined)
      throw new StorageError("NOT_FOUND", NO_OBJECT, { operation: "copy", store: store.name, path: from });
    const { size } = found;
    yield { path: from, size, mayGo: false, run: (callSignal) => store.copy(from, to, { signal: callSignal }) };
    return;
  }
  for await (const { path, size } of store.list(from, { signal })) {
    const target = to + path.slice(from.length);
    yield { path, size, mayGo: true, run: (callSignal) => store.copy(path, target, { signal: callSignal }) };
  }
}

async function copyAcross(from: Store, to: Store, path: string, signal: AbortSignal): Promise<void> {
  const source = await from.read(path, { signal });
  try {
    const { size, contentType, metadata } = source.info;
    await to.write(path, source, {
      size,
      digest: contentAddressedDigest(path),
      signal,
      ...(contentType !== undefined && to.capability.contentType && { contentType }),
      // A store without metadata refuses the write, so that metadata is not lost silently.
      ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
    });
  } finally {
    await source.cancel();
  }
}
