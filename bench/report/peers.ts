import { FLOOR, OURS } from "../contenders/index.js";
import { isMeasured, type CompareRow, type Measured, type RowKey } from "../measure/row.js";
import { measure, type Measure } from "../shows/measure.js";
import { times } from "./format.js";

type MeasuredRow = RowKey & Measured;

/** ms there and back. */
export function roundTrip({ dehydrate, hydrate }: Measured): number {
  return dehydrate.ms.median + hydrate.ms.median;
}

/** Requests there and back. */
export function requests({ dehydrate, hydrate }: Measured): number {
  return dehydrate.requests.total + hydrate.requests.total;
}

/** Each other contender beside ours, over all that it can do on a server: where it is faster, or makes fewer requests. */
export function peerMeasures(rows: readonly CompareRow[]): Measure[] {
  const remote = rows.filter(isMeasured).filter(({ storage }) => storage !== "memory");
  const ours = new Map(remote.filter(({ contender }) => contender === OURS).map((row) => [keyOf(row), row]));
  const others = new Set(remote.map(({ contender }) => contender));
  others.delete(OURS);
  others.delete(FLOOR); // it stores nothing
  return [...others].flatMap((name) => {
    const pairs = remote
      .filter(({ contender }) => contender === name)
      .flatMap((peer) => {
        const own = ours.get(keyOf(peer));
        return own === undefined ? [] : [{ peer, own }];
      });
    return pairs.length === 0 ? [] : [fasterThanOurs(name, pairs), fewerThanOurs(name, pairs)];
  });
}

type Pair = { readonly peer: MeasuredRow; readonly own: MeasuredRow };

function fasterThanOurs(name: string, pairs: readonly Pair[]): Measure {
  const faster = pairs.filter(({ peer, own }) => roundTrip(peer) < roundTrip(own));
  const list = faster.map(({ peer, own }) => `${keyOf(peer)} ${times(roundTrip(peer) / roundTrip(own))}`).join(", ");
  const note = `of ${pairs.length}${list === "" ? "" : `: ${list} of our time`}`;
  return measure(`payloads with which ${name} is faster`, { reach: 0, unit: "cases", measured: faster.length, note });
}

function fewerThanOurs(name: string, pairs: readonly Pair[]): Measure {
  const less = pairs.filter(({ peer, own }) => requests(peer) < requests(own)).length;
  const equal = pairs.filter(({ peer, own }) => requests(peer) === requests(own)).length;
  const note = `of ${pairs.length}; as many in ${equal}, more in ${pairs.length - equal - less}`;
  return measure(`payloads with which ${name} makes fewer requests`, { reach: 0, unit: "cases", measured: less, note });
}

function keyOf({ case: bench, storage }: RowKey): string {
  return `${bench} on ${storage}`;
}
