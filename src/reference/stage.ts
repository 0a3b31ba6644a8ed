import { parseSelector, selectFrom, type Selector, type SelectorStep } from "./selector.js";

/**
 * What is still to be selected from a value: the rest of a selector, and then of those that select in what that gives. A
 * reference that lies on the way of a selection has a selector of its own, whose stage comes before.
 */
export interface Stage {
  readonly selector: Selector;
  /** The step that comes next. */
  readonly at: number;
  /** Whether a `[*]` came before, so that what is missing is null. */
  readonly underEach: boolean;
  readonly next: Stage | undefined;
}

/**
 * The stage of a `$storagePath`, before what else is to be selected.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function stageOf(path: string | undefined, next: Stage | undefined): Stage | undefined {
  return path === undefined ? next : begun({ selector: parseSelector(path), at: 0, underEach: false, next });
}

/** The first stage that has a step left. */
export function begun(stage: Stage | undefined): Stage | undefined {
  let first = stage;
  while (first !== undefined && first.at === first.selector.length) first = first.next;
  return first;
}

/** The step that comes next in a stage that has one left. */
export function stepOf({ selector, at }: Stage): SelectorStep {
  return selector[at]!;
}

/** What follows that step in the same stage, and after it. */
export function after(stage: Stage, underEach = stage.underEach): Stage {
  return { selector: stage.selector, at: stage.at + 1, underEach, next: stage.next };
}

/** What comes of a `[*]`: which items are wanted, and what is to be selected in each. */
export interface EachStage {
  /** The stage whose step picks one item of the array that the `[*]` gives; absent: all of them are wanted. */
  readonly picks: Stage | undefined;
  readonly inItem: Stage | undefined;
}

/**
 * Takes a stage that stands at a `[*]`. The array that it gives is what the next stage selects in: where that picks an
 * item, no other lies on the way.
 */
export function eachStage(stage: Stage): EachStage {
  const passed = [after(stage, true)];
  let picks = begun(stage.next);
  while (picks !== undefined && stepOf(picks).kind === "each") {
    passed.push(after(picks, true));
    picks = begun(picks.next);
  }
  const tail = picks && after(picks);
  const inItem = passed.reduceRight<Stage | undefined>((next, own) => ({ ...own, next }), tail);
  return { picks, inItem };
}

/** Selects by all stages, in a value in which nothing is left to be hydrated. @throws {StorageError} `INVALID_REFERENCE` */
export function selectAll(value: unknown, stages: Stage | undefined): unknown {
  let selected = value;
  for (let stage = stages; stage !== undefined; stage = stage.next) {
    selected = selectFrom(selected, stage.selector, stage.at, stage.underEach);
  }
  return selected;
}
