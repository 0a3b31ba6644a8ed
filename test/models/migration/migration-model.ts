import type { Model } from "../explore.js";

// Moving one object name from one store to another, while processes of several phases write, read and release it, and a
// copier goes over it twice. Names are independent of each other: what holds for one holds for all.

export type Phase = "plain" | "prepare" | "move" | "drain";

/** Who takes part, and what is done wrong on purpose. */
export interface Rules {
  /** Phases of those who write the object, each once. With none it lies in the old store from the beginning. */
  readonly writers: readonly Phase[];
  readonly readers: readonly Phase[];
  /** The phase of who releases it, or nobody does. */
  readonly releaser?: Phase | undefined;
  /** Whether it is written again, by a process that moves, after its release has returned. */
  readonly writtenAgain?: boolean;
  /** Whether no two versions share an etag, so that the copier takes back its own copy only. */
  readonly uniqueEtags?: boolean;
  /** Whether the copier may be killed at every step. */
  readonly kills?: boolean;
  readonly mistake?: Mistake;
}

export type Mistake =
  | "release deletes new before old"
  | "release deletes where it writes"
  | "copier does not look again"
  | "copier looks before it writes"
  | "copier keeps what it could not look at"
  | "a failing new store is a miss"
  | "last pass begins before the last writer to the old store has ended"
  | "the old store is emptied at once"
  | "a writer takes a copy for its own";

type Process = "idle" | "second" | "done";

interface Reader {
  at: Process;
  /** Whether it must find the object: it was written before the read, and no release began until now. */
  must: boolean;
}

export interface State {
  old: "" | "written";
  /** A copy is the copier's. The same bytes that a writer wrote are another version. */
  new: "" | "written" | "copied";
  life: "unwritten" | "live" | "going" | "released" | "live again";
  writers: Process[];
  readers: Reader[];
  releaser: Process;
  again: Process;
  copier: { pass: number; at: "idle" | "read" | "put" | "look" | "remove" };
  killed: boolean;
  emptied: boolean;
  lost: boolean;
}

/** Passes of the copier: one at any time, the last one when nobody writes to the old store any more. */
const PASSES = 2;

export function migrationModel(rules: Rules): Model<State> {
  const isThere = rules.writers.length === 0;
  const initial: State = {
    old: isThere ? "written" : "",
    new: "",
    life: isThere ? "live" : "unwritten",
    writers: rules.writers.map(() => "idle"),
    readers: rules.readers.map(() => ({ at: "idle", must: false })),
    releaser: "idle",
    again: "idle",
    copier: { pass: 0, at: "idle" },
    killed: false,
    emptied: false,
    lost: false,
  };
  return {
    initial: [initial],
    *steps(state) {
      yield* writes(state, rules);
      yield* reads(state, rules);
      yield* releases(state, rules);
      yield* copies(state, rules);
      yield* empties(state, rules);
    },
    problem: ({ lost }) => (lost ? "A reader did not find what was written and not released." : undefined),
    problemAtEnd: (state) => {
      const lies = state.old !== "" || state.new !== "";
      if (isLive(state) && !lies) return "What was not released is gone.";
      if (state.life === "released" && lies && !state.killed) return "What was released has come back.";
      return undefined;
    },
  };
}

type Steps = Generator<readonly [string, State], void, undefined>;

function isLive({ life }: State): boolean {
  return life === "live" || life === "live again";
}

function* writes(state: State, rules: Rules): Steps {
  for (const [i, at] of state.writers.entries()) {
    if (at !== "idle" || state.life === "going" || state.life === "released" || state.life === "live again") continue;
    const writer = { writers: state.writers.with(i, "done"), life: "live" } as const;
    yield [`a writer that is in ${rules.writers[i]} writes`, { ...put(state, rules, rules.writers[i]!), ...writer }];
  }
  if (rules.writtenAgain && state.again === "idle" && state.life === "released") {
    yield ["it is written again", { ...put(state, rules, "move"), again: "done", life: "live again" }];
  }
}

function put(state: State, { mistake }: Rules, phase: Phase): State {
  if (phase === "plain" || phase === "prepare") return { ...state, old: "written" };
  if (mistake === "a writer takes a copy for its own" && state.new !== "") return state;
  return { ...state, new: "written" };
}

function* reads(state: State, { readers, mistake }: Rules): Steps {
  for (const [i, { at, must }] of state.readers.entries()) {
    const phase = readers[i]!;
    const order = phase === "plain" ? ["old"] : phase === "prepare" ? ["old", "new"] : ["new", "old"];
    const store = at === "idle" ? order[0] : at === "second" ? order[1] : undefined;
    if (store === undefined) continue;
    const who = `a reader that is in ${phase}`;
    const due = at === "idle" ? isLive(state) : must;
    const ends = (lost: boolean): State => ({
      ...state,
      readers: state.readers.with(i, { at: "done", must: false }),
      lost: state.lost || lost,
    });
    const goesOn: State = { ...state, readers: state.readers.with(i, { at: "second", must: due }) };
    const isLast = at === "second" || order.length === 1;
    const missed = isLast ? ends(due) : goesOn;
    if (state[store as "old" | "new"] !== "") yield [`${who} finds it in the ${store} store`, ends(false)];
    else yield [`${who} misses it in the ${store} store`, missed];
    // It rejects then: that is no answer about the object.
    const takesForMiss = mistake === "a failing new store is a miss";
    if (store === "new") yield [`${who} is failed by the new store`, takesForMiss ? missed : ends(false)];
  }
}

function* releases(state: State, { releaser, mistake }: Rules): Steps {
  if (releaser === undefined || state.writers.includes("idle")) return;
  const newFirst = mistake === "release deletes new before old";
  const order = newFirst ? (["new", "old"] as const) : (["old", "new"] as const);
  const writesTo = releaser === "prepare" ? "old" : "new";
  const remove = (store: "old" | "new"): Partial<State> =>
    mistake === "release deletes where it writes" && store !== writesTo ? {} : { [store]: "" };
  if (state.releaser === "idle" && (state.life === "live" || state.life === "going")) {
    const readers = state.readers.map(({ at }) => ({ at, must: false }));
    const next: State = { ...state, ...remove(order[0]), readers, life: "going", releaser: "second" };
    yield [`the release deletes from the ${order[0]} store`, next];
  }
  if (state.releaser === "second") {
    yield [
      `the release deletes from the ${order[1]} store`,
      { ...state, ...remove(order[1]), life: "released", releaser: "done" },
    ];
    yield ["the release fails between its deletes, and is called again", { ...state, releaser: "idle" }];
  }
}

function* copies(state: State, rules: Rules): Steps {
  const { copier } = state;
  const { mistake } = rules;
  const passEnds = { pass: copier.pass + 1, at: "idle" } as const;
  const to = (at: State["copier"]["at"], change: Partial<State> = {}): State => ({
    ...state,
    ...change,
    copier: { ...copier, at },
  });
  if (rules.kills && copier.at !== "idle") {
    yield ["the copier is killed", { ...state, killed: true, copier: { ...copier, at: "idle" } }];
  }
  switch (copier.at) {
    case "idle":
      if (copier.pass < PASSES && mayBegin(state, rules)) {
        const lacks = state.old !== "" && state.new === "";
        yield lacks
          ? ["the copier sees that it is to be copied", to("read")]
          : ["the copier sees nothing to copy", { ...state, copier: passEnds }];
      }
      return;
    case "read":
      yield state.old === ""
        ? ["the copier finds it gone", { ...state, copier: passEnds }]
        : ["the copier reads it", to("put")];
      return;
    case "put": {
      if (state.new !== "") {
        yield ["the copier finds it copied", { ...state, copier: passEnds }];
        return;
      }
      const blind = mistake === "copier does not look again" || mistake === "copier looks before it writes";
      yield [
        "the copier writes it",
        blind ? { ...state, new: "copied", copier: passEnds } : to("look", { new: "copied" }),
      ];
      return;
    }
    case "look":
      yield state.old === ""
        ? ["the copier sees that it was released", to("remove")]
        : ["the copier sees that it is still there", { ...state, copier: passEnds }];
      yield mistake === "copier keeps what it could not look at"
        ? ["the copier fails to look", { ...state, copier: passEnds }]
        : ["the copier fails to look", to("remove")];
      return;
    case "remove": {
      const isOwn = !rules.uniqueEtags || state.new === "copied";
      // What it took back because it could not look is to be copied again.
      const isAgain = state.old !== "" && isOwn;
      const copied = isAgain ? ({ ...passEnds, pass: copier.pass } as const) : passEnds;
      yield ["the copier takes its copy back", { ...state, ...(isOwn && { new: "" }), copier: copied }];
    }
  }
}

/** The last pass is one that begins when everybody who writes to the old store has ended. */
function mayBegin({ copier, writers }: State, rules: Rules): boolean {
  if (copier.pass < PASSES - 1) return true;
  if (rules.mistake === "last pass begins before the last writer to the old store has ended") return true;
  return writers.every((at, i) => at !== "idle" || rules.writers[i] === "move" || rules.writers[i] === "drain");
}

/** Who empties the old store waits for what was begun before the last pass ended, and for everybody to know of the new one. */
function* empties(state: State, { mistake, readers }: Rules): Steps {
  if (readers.includes("plain")) return;
  if (state.copier.pass < PASSES || state.emptied || state.releaser === "second") return;
  const isReading = state.readers.some(({ at }) => at === "second");
  if (isReading && mistake !== "the old store is emptied at once") return;
  yield ["the old store is emptied", { ...state, old: "", emptied: true }];
}
