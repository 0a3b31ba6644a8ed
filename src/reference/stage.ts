import { parseSelector, selectFrom, type Selector, type SelectorStep } from "./selector.js";

/**
 * The selection that remains for a value. It is the rest of a selector, followed by the selectors for the result of
 * the first. A reference on the way of a selection has a selector of its own, whose stage comes first.
 */
export interface Stage {
  readonly selector: Selector;
  /** The index of the next step. */
  readonly at: number;
  /** Whether a `[*]` came before, so that a missing part is null. */
  readonly underEach: boolean;
  readonly next: Stage | undefined;
}

/**
 * Returns the stage of a `$storagePath`, before the remaining selection.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function stageOf(path: string | undefined, next: Stage | undefined): Stage | undefined {
  return path === undefined ? next : begun({ selector: parseSelector(path), at: 0, underEach: false, next });
}

/** Returns the first stage that has a step left. */
export function begun(stage: Stage | undefined): Stage | undefined {
  let first = stage;
  while (first !== undefined && first.at === first.selector.length) first = first.next;
  return first;
}

/** Returns the next step of a stage that has a step left. */
export function stepOf({ selector, at }: Stage): SelectorStep {
  return selector[at]!;
}

/** Returns the stage after its next step, with the stages that follow. */
export function after(stage: Stage, underEach = stage.underEach): Stage {
  return { selector: stage.selector, at: stage.at + 1, underEach, next: stage.next };
}

/** The result of a `[*]`: which items are wanted, and what is selected in each. */
export interface EachStage {
  /** The stage whose step picks one item of the array from `[*]`. Absent when all items are wanted. */
  readonly picks: Stage | undefined;
  readonly inItem: Stage | undefined;
}

/**
 * Takes a stage that stands at a `[*]`. The next stage selects in the array from the `[*]`. If the next stage picks
 * one item, the other items are not on the way.
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

/** Selects by all stages, in a value that is completely hydrated. @throws {StorageError} `INVALID_REFERENCE` */
export function selectAll(value: unknown, stages: Stage | undefined): unknown {
  let selected = value;
  for (let stage = stages; stage !== undefined; stage = stage.next) {
    selected = selectFrom(selected, stage.selector, stage.at, stage.underEach);
  }
  return selected;
}
