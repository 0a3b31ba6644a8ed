import type { Model } from "../explore.js";

/*
 * Writers that store one object under a label, and a collector that deletes by labels alone. Time goes on by ticks, between
 * any two steps of anybody: a process that takes no step is suspended. Clocks differ by up to `margin`; a PUT or a DELETE
 * that was sent may arrive at any later time.
 */

const TTL = 3;
const TIMEOUT = 1;
const MARGIN = 1;
const UNIT = 2;
const SET_BACK = 3;
const LAST = 10;
// Who begins later meets the same.
const LAST_BEGINNING = 2;

export type Mistake =
  | "no margin"
  | "ttl is shorter than the call may take"
  | "the label is rounded down"
  | "the time limit goes by timers alone"
  | "the time limit goes by the wall clock alone"
  | "the path has no label"
  | "the call does not wait for its write";

export interface Rules {
  readonly writers: number;
  /** How far the clock of the writers, and that of the collector, is off. */
  readonly offsets: readonly [writer: number, collector: number];
  /** Whether the machine of writers may sleep, so that their timers stand still. */
  readonly sleeps?: boolean;
  /** Whether the wall clock of writers may be set back, once, by more than the margin. */
  readonly setsBack?: boolean;
  readonly mistake?: Mistake;
}

interface Writer {
  at: "idle" | "begun" | "sent" | "arrived" | "returned" | "over";
  /** When the call began, and what its clocks showed. */
  begun: number;
  wall: number;
  label: number;
  /** Ticks that its timers did not see. */
  suspended: number;
  /** Once it has returned: until when its reference must be good. That of a call that took its full time is so for the rest. */
  until: number;
}

export interface State {
  readonly time: number;
  readonly writers: readonly Writer[];
  /** The labels that there is an object of. */
  readonly objects: readonly number[];
  /** DELETEs that were sent: they arrive in any order, or never. */
  readonly deletes: readonly number[];
  /** Passes that the collector has begun. */
  readonly passes: number;
  readonly setBack: number;
}

const IDLE: Writer = { at: "idle", begun: 0, wall: 0, label: 0, suspended: 0, until: 0 };
const OVER: Writer = { ...IDLE, at: "over" };

export function labelsModel(rules: Rules): Model<State> {
  const { mistake, offsets, writers } = rules;
  const [writerOffset, collectorOffset] = offsets;
  const ttl = mistake === "ttl is shorter than the call may take" ? 0 : TTL;
  const margin = mistake === "no margin" ? 0 : MARGIN;
  const round = mistake === "the label is rounded down" ? Math.floor : Math.ceil;
  const labelAt = (wall: number): number =>
    mistake === "the path has no label" ? 0 : round((wall + ttl) / UNIT) * UNIT;
  // Without labels a collector goes by the age of what it listed.
  const isOver = (label: number, clock: number): boolean =>
    mistake === "the path has no label" ? clock > TTL : label + margin <= clock;

  function inTime({ begun, wall, suspended }: Writer, { time, setBack }: State): boolean {
    const timers = time - begun - suspended;
    const clock = time + writerOffset - setBack - wall;
    if (mistake === "the time limit goes by timers alone") return timers <= TIMEOUT;
    if (mistake === "the time limit goes by the wall clock alone") return clock <= TIMEOUT;
    return Math.max(timers, clock) <= TIMEOUT;
  }

  function returned({ begun, label }: Writer, { time }: State): Writer {
    return { ...IDLE, at: "returned", label, until: Math.max(begun + TTL, time + TTL - TIMEOUT) };
  }

  function* writerSteps(state: State, index: number): Generator<readonly [string, State]> {
    const writer = state.writers[index]!;
    const become = (changes: Partial<Writer>, more: Partial<State> = {}): State => ({
      ...state,
      ...more,
      writers: state.writers.with(index, { ...writer, ...changes }),
    });
    const name = `writer ${index}`;
    switch (writer.at) {
      case "idle": {
        // A call that begins by a wrong clock is what the margin is for; here the clock is wrong by more.
        if (state.time > LAST_BEGINNING || state.setBack > 0) break;
        const wall = state.time + writerOffset - state.setBack;
        yield [`${name} begins`, become({ at: "begun", begun: state.time, wall, label: labelAt(wall) })];
        break;
      }
      case "begun":
        yield [`${name} sends`, become({ at: "sent" })];
        yield [`${name} dies`, become(OVER)];
        break;
      case "sent": {
        const objects = [...new Set([...state.objects, writer.label])].sort((a, b) => a - b);
        yield [`the write of ${name} arrives`, become({ at: "arrived" }, { objects })];
        // Nobody waits any more: it may arrive all the same, which is the step above.
        if (mistake === "the call does not wait for its write" && inTime(writer, state)) {
          yield [`${name} returns`, become(returned(writer, state))];
        }
        break;
      }
      case "arrived":
        if (inTime(writer, state)) yield [`${name} returns`, become(returned(writer, state))];
        else yield [`${name} rejects`, become(OVER)];
        break;
      default:
    }
  }

  return {
    initial: [
      {
        time: 0,
        writers: Array.from({ length: writers }, () => IDLE),
        objects: [],
        deletes: [],
        passes: 0,
        setBack: 0,
      },
    ],
    *steps(state) {
      if (state.time < LAST) {
        const isUnderWay = (writer: Writer): boolean =>
          writer.at !== "idle" && writer.at !== "returned" && writer.at !== "over";
        yield ["time", { ...state, time: state.time + 1 }];
        // The timers of a machine that sleeps stand still.
        const asleep = state.writers.map((writer) =>
          isUnderWay(writer) ? { ...writer, suspended: writer.suspended + 1 } : writer,
        );
        if (rules.sleeps === true && state.writers.some(isUnderWay))
          yield ["time, asleep", { ...state, time: state.time + 1, writers: asleep }];
      }
      if (rules.setsBack === true && state.setBack === 0)
        yield ["the clock is set back", { ...state, setBack: SET_BACK }];
      for (const index of state.writers.keys()) yield* writerSteps(state, index);
      const over = state.objects.filter((label) => isOver(label, state.time + collectorOffset));
      const sends = over.filter((label) => !state.deletes.includes(label));
      if (sends.length > 0 && state.passes < 2) {
        yield [
          "the collector sends",
          { ...state, deletes: [...state.deletes, ...sends].sort((a, b) => a - b), passes: state.passes + 1 },
        ];
      }
      for (const label of state.deletes) {
        const deletes = state.deletes.filter((other) => other !== label);
        yield ["a delete arrives", { ...state, deletes, objects: state.objects.filter((other) => other !== label) }];
      }
    },
    problem({ time, writers: all, objects }) {
      const lost = all.some(({ at, until, label }) => at === "returned" && time < until && !objects.includes(label));
      return lost ? "A reference that was returned is dead before its time." : undefined;
    },
    problemAtEnd({ time, objects, passes }) {
      const left = objects.some((label) => isOver(label, time + collectorOffset));
      return left && passes < 2 ? "What is over is left." : undefined;
    },
  };
}
