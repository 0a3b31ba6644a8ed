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
  /** Bytes that they may have besides, all together. */
  readonly slack: number;
}

export const NOTHING_LOOSE: LooseValues = { values: [], slack: 0 };

/**
 * The values of a walk whose exact size has not been found yet, since no decision needed it: numbers with many decimals,
 * and texts that leave or that lie below the levels which are decided on. They are in the order of the walk, so that those
 * of a container begin where the list ended before it.
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

  /** @returns the least bytes of a number that has no quick size */
  addNumber(value: number): number {
    this.values.push(value);
    this.slackOfAll += NUMBER_SLACK;
    return leastNumberSize(value);
  }

  /** @returns the least bytes of a text */
  addText(text: string): number {
    this.values.push(text);
    this.slackOfAll += stringSlack(text);
    return leastStringSize(text);
  }

  /**
   * Finds the exact sizes of the values from the one at `start` on, and takes them out.
   *
   * @param slackBefore the slack of those before
   * @returns bytes that they have above the least
   */
  settle(start: number, slackBefore: number): number {
    return settledExtra(this.take(start, slackBefore).values);
  }

  /** Takes the values from the one at `start` on out, before which there was `slackBefore`. */
  take(start: number, slackBefore: number): LooseValues {
    if (this.values.length === start) return NOTHING_LOOSE;
    const slack = this.slackOfAll - slackBefore;
    this.slackOfAll = slackBefore;
    return { values: this.values.splice(start), slack };
  }
}

/** Bytes that the values have above the least. */
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
  // A toJSON on all arrays would be asked.
  if ("toJSON" in numbers) return numbers.reduce((sum, number) => sum + String(number).length, extra);
  // All at once takes half as long as one by one; brackets and commas are one more than the numbers.
  return extra + JSON.stringify(numbers).length - numbers.length - 1;
}

// Values that one step settles, and characters of a text that is settled in steps of its own.
const STEP = 4096;
const LONG = 65_536;

/** The same as {@link settledExtra}, in steps. */
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

/** The values of several, as one. */
export function joinLoose(parts: readonly LooseValues[]): LooseValues {
  const loose = parts.filter(({ slack }) => slack > 0);
  if (loose.length <= 1) return loose[0] ?? NOTHING_LOOSE;
  return { values: loose.flatMap(({ values }) => values), slack: loose.reduce((sum, { slack }) => sum + slack, 0) };
}
