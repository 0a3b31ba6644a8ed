import {
  NUMBER_SLACK,
  leastStringSize,
  leastNumberSize,
  stringSize,
  stringSizeInSteps,
  stringSlack,
} from "./json-size.js";

/** Values that were counted with the least bytes of JSON that they can have. */
export interface LooseValues {
  readonly values: readonly (number | string)[];
  /** Bytes that all these values together may have besides. */
  readonly slack: number;
}

export const NOTHING_LOOSE: LooseValues = { values: [], slack: 0 };

/**
 * The values of a walk whose exact size is not known yet, because no decision needed it. They are numbers with many
 * decimals, and texts that leave or lie below the levels that are decided on. They are in the order of the walk, so
 * the values of a container begin where the list ended before the container.
 */
export class LooseSizes {
  private readonly values: (number | string)[] = [];
  private slackOfAll = 0;

  get count(): number {
    return this.values.length;
  }

  get slack(): number {
    return this.slackOfAll;
  }

  /** Adds a number that has no quick size. @returns its least bytes */
  addNumber(value: number): number {
    this.values.push(value);
    this.slackOfAll += NUMBER_SLACK;
    return leastNumberSize(value);
  }

  /** Adds a text. @returns its least bytes */
  addText(text: string): number {
    this.values.push(text);
    this.slackOfAll += stringSlack(text);
    return leastStringSize(text);
  }

  /**
   * Finds the exact sizes of the values from index `start` on, and removes them.
   *
   * @param slackBefore the slack of the values before `start`
   * @returns bytes that the values have above the least
   */
  settle(start: number, slackBefore: number): number {
    return settledExtra(this.take(start, slackBefore).values);
  }

  /** Removes and returns the values from index `start` on. `slackBefore` is the slack before them. */
  take(start: number, slackBefore: number): LooseValues {
    if (this.values.length === start) return NOTHING_LOOSE;
    const slack = this.slackOfAll - slackBefore;
    this.slackOfAll = slackBefore;
    return { values: this.values.splice(start), slack };
  }
}

/** Returns the bytes that the values have above the least. */
export function settledExtra(values: readonly (number | string)[]): number {
  const numbers: number[] = [];
  let extra = 0;
  for (const value of values) {
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

// Values that one step settles, and the length from which a text is settled in its own steps.
const STEP = 4096;
const LONG = 65_536;

/** Does the same as {@link settledExtra}, in steps. */
export function* settledExtraInSteps(values: readonly (number | string)[]): Generator<undefined, number, undefined> {
  let extra = 0;
  for (let start = 0; start < values.length; start += STEP) {
    const short: (number | string)[] = [];
    for (let index = start; index < Math.min(start + STEP, values.length); index++) {
      const value = values[index]!;
      if (typeof value !== "string" || value.length < LONG) short.push(value);
      else extra += (yield* stringSizeInSteps(value)) - leastStringSize(value);
    }
    extra += settledExtra(short);
    yield undefined;
  }
  return extra;
}

/** Joins several lists of loose values. */
export function joinLoose(parts: readonly LooseValues[]): LooseValues {
  const loose = parts.filter(({ slack }) => slack > 0);
  if (loose.length <= 1) return loose[0] ?? NOTHING_LOOSE;
  return { values: loose.flatMap(({ values }) => values), slack: loose.reduce((sum, { slack }) => sum + slack, 0) };
}
