import type { Model } from "../explore.js";

/*
 * Readers of one payload of two objects, to each of whom the message comes at least once. A reader reads the payload, then
 * says that it is done: it writes its marker, lists the markers, and deletes the objects when all are there. It may die
 * before any step; then the message comes again.
 */

export type Mistake =
  | "a counter in place of a set"
  | "lists before it writes"
  | "does not look at the others"
  | "markers go with the objects, and those that are left are asked";

export interface Rules {
  readonly readers: number;
  /** How often the message may come to each reader. */
  readonly deliveries: number;
  readonly mistake?: Mistake;
}

interface Reader {
  at: "waits" | "reads" | "marks" | "lists" | "deletes" | "deletes the second";
  deliveries: number;
  /** It has read the payload, once at least, and said so. */
  isDone: boolean;
  /** How many markers it saw: for those that look before they write. */
  seen: number;
}

export interface State {
  readonly readers: readonly Reader[];
  readonly markers: readonly number[];
  readonly count: number;
  readonly objects: readonly number[];
  /** A reader that was not done did not find the payload. */
  readonly isLost: boolean;
}

export function doneModel({ readers, deliveries, mistake }: Rules): Model<State> {
  const listsFirst = mistake === "lists before it writes";

  function areAllDone(markers: number, count: number): boolean {
    if (mistake === "does not look at the others") return true;
    return (mistake === "a counter in place of a set" ? count : markers) >= readers;
  }

  function* steps(state: State, index: number): Generator<readonly [string, State]> {
    const reader = state.readers[index]!;
    const become = (changes: Partial<Reader>, more: Partial<State> = {}): State => ({
      ...state,
      ...more,
      readers: state.readers.with(index, { ...reader, ...changes }),
    });
    const name = `reader ${index}`;
    if (reader.at === "waits") {
      const isOwed = !reader.isDone || reader.deliveries < deliveries;
      if (isOwed && reader.deliveries < deliveries) {
        yield [`the message comes to ${name}`, become({ at: "reads", deliveries: reader.deliveries + 1 })];
      }
      return;
    }
    // The last delivery is one that nothing befalls.
    if (reader.deliveries < deliveries) yield [`${name} dies`, become({ at: "waits" })];
    switch (reader.at) {
      case "reads": {
        const isLost = state.isLost || (!reader.isDone && state.objects.length < 2);
        yield [`${name} reads`, become({ at: listsFirst ? "lists" : "marks" }, { isLost })];
        break;
      }
      case "marks": {
        const markers = [...new Set([...state.markers, index])].sort();
        const count = state.count + 1;
        const next = !listsFirst ? "lists" : areAllDone(reader.seen + 1, count) ? "deletes" : "waits";
        yield [`${name} marks`, become({ at: next, isDone: true, seen: 0 }, { markers, count })];
        break;
      }
      case "lists": {
        const seen = state.markers.length;
        const others = state.markers.filter((other) => other !== index).length;
        if (listsFirst) yield [`${name} lists`, become({ at: "marks", seen: others })];
        else yield [`${name} lists`, become({ at: areAllDone(seen, state.count) ? "deletes" : "waits" })];
        break;
      }
      case "deletes":
        yield [
          `${name} deletes`,
          become({ at: "deletes the second" }, { objects: state.objects.filter((one) => one !== 1) }),
        ];
        break;
      case "deletes the second": {
        const markers =
          mistake === "markers go with the objects, and those that are left are asked" ? [] : state.markers;
        yield [
          `${name} deletes the second`,
          become({ at: "waits" }, { objects: state.objects.filter((one) => one !== 2), markers }),
        ];
      }
    }
  }

  return {
    initial: [
      {
        readers: Array.from({ length: readers }, () => ({
          at: "waits" as const,
          deliveries: 0,
          isDone: false,
          seen: 0,
        })),
        markers: [],
        count: 0,
        objects: [1, 2],
        isLost: false,
      },
    ],
    *steps(state) {
      for (const index of state.readers.keys()) yield* steps(state, index);
    },
    problem: ({ isLost }) => (isLost ? "A reader that was not done did not find the payload." : undefined),
    problemAtEnd({ objects, markers }) {
      if (objects.length > 0) return "All are done, and the payload is left.";
      return markers.length < readers ? "Who comes again is told that others are not done." : undefined;
    },
  };
}
