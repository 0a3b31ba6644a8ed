/** A protocol as a machine whose states are plain JSON. */
export interface Model<State> {
  readonly initial: readonly State[];
  /** What each process may do next, by name, and the state that follows. States are not changed, but made anew. */
  steps(state: State): Iterable<readonly [name: string, next: State]>;
  /** What is wrong with a state, if anything. */
  problem?(state: State): string | undefined;
  /** What is wrong with a state in which nobody has anything left to do. */
  problemAtEnd?(state: State): string | undefined;
}

/** What a search through all states of a model has found. */
export interface Exploration {
  /** States that were seen. */
  readonly states: number;
  /** Those in which nobody has anything left to do. */
  readonly ends: number;
  /** The problem that is reached by the fewest steps, and those steps. */
  readonly problem?: { readonly what: string; readonly steps: readonly string[] };
}

interface Reached<State> {
  readonly state: State;
  readonly by: string;
  readonly from: Reached<State> | undefined;
}

/**
 * Looks at every state that a model can reach, breadth first, up to the first problem.
 *
 * @param maxStates a model with more fails: it was meant to be searched to its end
 */
export function explore<State>(model: Model<State>, maxStates = 500_000): Exploration {
  const seen = new Set(model.initial.map((state) => JSON.stringify(state)));
  const queue: Reached<State>[] = model.initial.map((state) => ({ state, by: "", from: undefined }));
  let ends = 0;
  for (let at = 0; at < queue.length; at++) {
    const reached = queue[at]!;
    const { state } = reached;
    let isEnd = true;
    for (const [by, next] of model.steps(state)) {
      isEnd = false;
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ state: next, by, from: reached });
    }
    if (isEnd) ends++;
    const what = model.problem?.(state) ?? (isEnd ? model.problemAtEnd?.(state) : undefined);
    if (what !== undefined) return { states: seen.size, ends, problem: { what, steps: stepsTo(reached) } };
    if (seen.size > maxStates) throw new Error(`The model has more than ${maxStates} states.`);
  }
  return { states: seen.size, ends };
}

function stepsTo<State>(reached: Reached<State>): string[] {
  const steps: string[] = [];
  for (let at = reached; at.from !== undefined; at = at.from) steps.unshift(at.by);
  return steps;
}
