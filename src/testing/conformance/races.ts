import assert from "node:assert/strict";
import { allEnded } from "../../async/concurrency.js";
import { isStorageError } from "../../errors/error.js";
import type { CapabilityFlag } from "../../store/capability.js";
import type { StoreBody } from "../../store/store.js";
import { BASIC } from "./case.js";
import type { ConformanceContext } from "./context.js";

// What cases of conditions need, and an etag of no object.
export const IF_ABSENT: readonly CapabilityFlag[] = [...BASIC, "ifNoneMatch"];
export const IF_MATCH: readonly CapabilityFlag[] = [...BASIC, "ifMatch"];
export const DELETE_IF_MATCH: readonly CapabilityFlag[] = [...BASIC, "delete", "deleteIfMatch"];
export const STALE = '"0123456789abcdef0123456789abcdef"';

/** A body of a race, to be written as bytes or as a stream, and the bytes to be read afterwards. */
export interface RacingBody {
  readonly bytes: Uint8Array;
  readonly body: () => StoreBody;
}

type WriteCondition = { ifNoneMatch: "*" } | { ifMatch: string };

/** Objects at which two race at the same time. */
export const OBJECTS = 8;
const ROUNDS = 3;

/**
 * Runs a task for several objects at the same time, in several rounds, each time with a new name. A busy service that
 * looks first and writes later takes up one of many writers of an object and refuses the others. It shows itself when
 * two writers race at each of several objects.
 */
export async function atManyObjects(race: (name: string) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await allEnded(Array.from({ length: OBJECTS }, (_, object) => race(`object ${round}-${object}`)));
  }
}

/** Returns the etag of an object. A store with conditions must give one. */
export async function etagOf(context: ConformanceContext, path: string): Promise<string> {
  const info = await context.store.stat(path);
  assert.ok(typeof info?.etag === "string" && info.etag !== "", "a store with conditions must give etags");
  return info.etag;
}

/** Makes different small bodies. */
export function smallBodies(writers: number, round = 0): RacingBody[] {
  return Array.from({ length: writers }, (_, writer) => {
    const bytes = Buffer.from(`content of writer ${writer} in round ${round}`);
    return { bytes, body: () => bytes };
  });
}

/**
 * Writes all bodies under one condition at once. Asserts that one write wins, that the others get the right error, and
 * that the winner's content is there.
 */
export async function raceWriters(
  context: ConformanceContext,
  path: string,
  condition: WriteCondition,
  bodies: readonly RacingBody[],
): Promise<void> {
  const { store } = context;
  const loss = "ifNoneMatch" in condition ? "ALREADY_EXISTS" : "PRECONDITION_FAILED";
  const won = await raceCalls(
    context,
    bodies.map(
      ({ body }) =>
        () =>
          store.write(path, body(), condition),
    ),
    loss,
  );
  await context.assertContent(path, bodies[won]!.bytes);
}

/** Makes all calls at once, over open connections. Asserts that one succeeds, and returns its index. */
export async function raceCalls(
  context: ConformanceContext,
  calls: readonly (() => Promise<unknown>)[],
  loss: "ALREADY_EXISTS" | "PRECONDITION_FAILED",
): Promise<number> {
  // A call that has to open a connection first would come too late to meet the others.
  await Promise.all(calls.map(() => context.store.stat(context.path("no such object"))));
  const results = await Promise.allSettled(calls.map((call) => call()));
  for (const result of results) {
    if (result.status === "rejected") {
      assert.ok(isStorageError(result.reason, loss), `a loser must hear ${loss}, not ${String(result.reason)}`);
    }
  }
  const winners = results.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
  assert.equal(winners.length, 1, `${winners.length} of ${calls.length} won`);
  return winners[0]!;
}
