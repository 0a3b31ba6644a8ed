import { openListing } from "../../open-listing.js";
import { throwIfAborted } from "../../../async/abort.js";
import type { ListOptions, ObjectInfo, ObjectListing } from "../../store.js";
import { comparePaths } from "../../../paths/path.js";
import { checkListed, isDisbelieved, type CheckListed } from "../../listed-object.js";
import { beginAttempt, failureOf, type ReplicaCall } from "./ask-replicas.js";
import type { Attempt } from "./attempt.js";
import { describeCopy } from "./known-digest.js";
import { answerOfSome } from "./replica-errors.js";
import type { Replica } from "./replica.js";

interface Listing {
  readonly replica: Replica;
  readonly attempt: Attempt;
  readonly begin: () => AsyncIterator<ObjectInfo>;
  readonly checked: CheckListed;
  iterator: AsyncIterator<ObjectInfo> | undefined;
  /** The next object, or `undefined` at the end. */
  head: ObjectInfo | undefined;
}

/**
 * Lists the objects of all stores, sorted, each path once. The description comes from the first store that has the
 * object and is not known to hold an old version. A store that can't be listed fails the whole listing, since nobody
 * could tell which objects are missing in it.
 */
export async function* mergedListing(
  replicas: readonly Replica[],
  prefix: string,
  options: ListOptions,
  call: ReplicaCall,
  isCurrent: (path: string, replica: Replica) => boolean = () => true,
): ObjectListing {
  const { limit = Infinity } = options;
  if (limit === 0) return;
  const listings = replicas.map((replica) => listingOf(replica, prefix, options, call));
  let waiting = true;
  try {
    await advance(listings, replicas.length, call);
    for (let listed = 0; listed < limit; listed++) {
      const next = nextPath(listings);
      if (next === undefined) return;
      const copies = listings.filter(({ head }) => head?.path === next);
      // If there is only an old version, a failed delete has left it. It is listed, so that it is found and deleted
      // again.
      const shown = copies.find(({ replica }) => isCurrent(next, replica)) ?? copies[0]!;
      waiting = false;
      yield describeCopy(shown.head!).info;
      waiting = true;
      throwIfAborted(call.signal, call.details);
      if (listed + 1 < limit) await advance(copies, replicas.length, call);
    }
    waiting = false;
  } finally {
    const closed = listings.map((listing) => close(listing));
    // A store that failed or hangs may never answer.
    if (!waiting) await Promise.all(closed);
    for (const { attempt } of listings) attempt.end();
  }
}

function listingOf(replica: Replica, prefix: string, options: ListOptions, call: ReplicaCall): Listing {
  const attempt = beginAttempt(replica, call);
  const begin = (): AsyncIterator<ObjectInfo> =>
    openListing(replica.store, prefix, { ...options, signal: attempt.signal })[Symbol.asyncIterator]();
  const checked = checkListed(prefix, replica.store.name);
  return { replica, attempt, begin, checked, iterator: undefined, head: undefined };
}

// Waits for all of them, so that the answer does not depend on which store failed first.
async function advance(listings: readonly Listing[], stores: number, call: ReplicaCall): Promise<void> {
  const steps = await Promise.allSettled(listings.map((listing) => next(listing)));
  throwIfAborted(call.signal, call.details);
  // This does not count as one failure among others. A store that lists objects outside the prefix is asked no more.
  for (const step of steps) if (step.status === "rejected" && isDisbelieved(step.reason)) throw step.reason;
  const failures = steps.flatMap((step, i) =>
    step.status === "fulfilled" ? [] : [failureOf(listings[i]!.replica, step.reason, call)],
  );
  if (failures.length > 0) throw answerOfSome(failures, stores, "Not every store could be listed", call.details);
  for (const { head, checked } of listings) if (head !== undefined) checked(head);
}

function nextPath(listings: readonly Listing[]): string | undefined {
  const paths = listings.flatMap(({ head }) => (head === undefined ? [] : [head.path]));
  return paths.length === 0 ? undefined : paths.reduce((a, b) => (comparePaths(b, a) < 0 ? b : a));
}

async function next(listing: Listing): Promise<void> {
  const { attempt } = listing;
  attempt.start();
  try {
    listing.iterator ??= listing.begin();
    const step = await attempt.wait(listing.iterator.next());
    listing.head = step.done === true ? undefined : step.value;
  } finally {
    attempt.stop();
  }
}

async function close({ attempt, iterator }: Listing): Promise<void> {
  const closing = async (): Promise<unknown> => iterator?.return?.();
  await attempt.wait(closing()).catch(() => undefined);
}
