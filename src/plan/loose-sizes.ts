import type { Container } from "../json/container.js";
import {
  NUMBER_SLACK,
  hasLeastNumberSize,
  leastStringSize,
  leastNumberSize,
  quickNumberSize,
  stringSize,
  stringSizeInSteps,
  stringSlack,
} from "./json-size.js";

/** A value that was counted with the least bytes. A container stands for all such values in it. */
type LooseValue = number | string | Container;

/** Values that were counted with the least bytes of JSON that they can have. */
export interface LooseValues {
  /** Several lists, because joining them would copy them. */
  readonly lists: readonly (readonly LooseValue[])[];
  /** Bytes that all these values together may have besides. */
  readonly slack: number;
}

export const NOTHING_LOOSE: LooseValues = { lists: [], slack: 0 };

/**
 * The values of a walk whose exact size is not known yet, because no decision needed it. They are numbers with many
 * decimals, and texts that leave or lie below the levels that are decided on. They are in the order of the walk, so
 * the values of a container begin where the list ended before the container.
 */
export class LooseSizes {
  private readonly values: LooseValue[] = [];
  private slackOfAll = 0;
  private isInContainer = false;

  get count(): number {
    return this.values.length;
  }

  get slack(): number {
    return this.slackOfAll;
  }

  /** Whether what is added belongs to a container that is added as one value. */
  get isCounting(): boolean {
    return this.isInContainer;
  }

  /** Adds a number that has no quick size. @returns its least bytes */
  addNumber(value: number): number {
    if (!this.isInContainer) this.values.push(value);
    this.slackOfAll += NUMBER_SLACK;
    return leastNumberSize(value);
  }

  /** Adds a text. @returns its least bytes */
  addText(text: string): number {
    if (!this.isInContainer) this.values.push(text);
    this.slackOfAll += stringSlack(text);
    return leastStringSize(text);
  }

  /** Begins a container that is added as one value. Until it ends, what is added is only counted. */
  beginContainer(): void {
    this.isInContainer = true;
  }

  /**
   * Ends the container that was begun.
   *
   * @param slackBefore the slack of the values before the container
   * @param container the container, if it is plain. Otherwise, what was counted in it is forgotten
   */
  endContainer(slackBefore: number, container: Container | undefined): void {
    this.isInContainer = false;
    if (container === undefined) this.slackOfAll = slackBefore;
    else if (this.slackOfAll > slackBefore) this.values.push(container);
  }

  /**
   * Finds the exact sizes of the values from index `start` on, and removes them.
   *
   * @param slackBefore the slack of the values before `start`
   * @returns bytes that the values have above the least
   */
  settle(start: number, slackBefore: number): number {
    return settledExtra(this.take(start, slackBefore));
  }

  /** Removes and returns the values from index `start` on. `slackBefore` is the slack before them. */
  take(start: number, slackBefore: number): LooseValues {
    if (this.values.length === start) return NOTHING_LOOSE;
    const slack = this.slackOfAll - slackBefore;
    this.slackOfAll = slackBefore;
    return { lists: [this.values.splice(start)], slack };
  }
}

/** Returns the bytes that the values have above the least. */
export function settledExtra(loose: LooseValues): number {
  let extra = 0;
  for (const list of loose.lists) for (const value of scalarLists(list)) extra += scalarsExtra(value);
  return extra;
}

/** Does the same as {@link settledExtra}, in steps. */
export function* settledExtraInSteps(loose: LooseValues): Generator<undefined, number, undefined> {
  let extra = 0;
  for (const list of loose.lists) {
    for (const scalars of scalarLists(list)) {
      const short: (number | string)[] = [];
      for (const value of scalars) {
        if (typeof value !== "string" || value.length < LONG) short.push(value);
        else extra += (yield* stringSizeInSteps(value)) - leastStringSize(value);
      }
      extra += scalarsExtra(short);
      yield undefined;
    }
  }
  return extra;
}

// Values that one step of the walk visits, with the container itself.
const MAX_VALUES = 100_001;

// Values that one step settles, and the length from which a text is settled in its own steps.
const STEP = 4096;
const LONG = 65_536;

/** Yields the loose texts and numbers of a list, some thousands at a time. */
function* scalarLists(list: readonly LooseValue[]): Generator<(number | string)[], void, undefined> {
  let scalars: (number | string)[] = [];
  for (const value of list) {
    if (typeof value === "object") addReadable(value, scalars);
    else scalars.push(value);
    if (scalars.length < STEP) continue;
    yield scalars;
    scalars = [];
  }
  yield scalars;
}

/** Adds the loose scalars of a container, up to a value that can't be read any more. Writing it will say where. */
function addReadable(container: Container, scalars: (number | string)[]): void {
  try {
    addScalars(container, scalars);
  } catch {
    // A getter or a proxy threw. The size of a payload that has changed since the walk may be wrong.
  }
}

/**
 * Adds the loose scalars of a container. One that has changed since the walk may hold anything, even itself. So no
 * more values are visited than one step of the walk visits.
 */
function addScalars(container: Container, scalars: (number | string)[]): void {
  const open: unknown[] = [container];
  for (let left = MAX_VALUES; open.length > 0 && left > 0; left--) {
    const next = open.pop();
    if (typeof next === "string") scalars.push(next);
    else if (typeof next === "number") {
      if (quickNumberSize(next) === 0 && hasLeastNumberSize(next)) scalars.push(next);
    } else if (Array.isArray(next)) {
      for (let index = 0; index < next.length && index < left; index++) open.push(next[index]);
    } else if (typeof next === "object" && next !== null) {
      for (const key of Object.keys(next)) open.push((next as Record<string, unknown>)[key]);
    }
  }
}

function scalarsExtra(scalars: readonly (number | string)[]): number {
  const numbers: number[] = [];
  let extra = 0;
  for (const value of scalars) {
    if (typeof value === "string") {
      extra += stringSize(value) - leastStringSize(value);
    } else {
      numbers.push(value);
      extra -= leastNumberSize(value);
    }
  }
  if (numbers.length === 0) return extra;
  // If arrays had a toJSON, JSON.stringify would call it.
  if ("toJSON" in numbers) return numbers.reduce((sum, number) => sum + String(number).length, extra);
  // One call for all takes half as long as one call each. Brackets and commas are one more than the numbers.
  return extra + JSON.stringify(numbers).length - numbers.length - 1;
}

/** Joins several lists of loose values. */
export function joinLoose(parts: readonly LooseValues[]): LooseValues {
  const loose = parts.filter(({ slack }) => slack > 0);
  if (loose.length <= 1) return loose[0] ?? NOTHING_LOOSE;
  return { lists: loose.flatMap(({ lists }) => lists), slack: loose.reduce((sum, { slack }) => sum + slack, 0) };
}
