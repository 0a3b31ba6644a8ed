/** One promise and what was measured. It is kept when `measured` is at most `reach`. */
export interface Measure {
  readonly name: string;
  readonly reach: number;
  readonly unit: "times" | "ms" | "bytes" | "requests" | "cases";
  readonly measured?: number;
  readonly met: boolean;
  /** What the number is made of, or why there is none. */
  readonly note: string;
}

export function measure(
  name: string,
  { reach, unit, measured, note }: Pick<Measure, "reach" | "unit" | "note"> & { measured: number },
): Measure {
  return { name, reach, unit, measured, met: measured <= reach, note };
}

/** A measure that could not be taken is not met. */
export function unmeasured(name: string, { reach, unit }: Pick<Measure, "reach" | "unit">, error: unknown): Measure {
  return { name, reach, unit, met: false, note: `failed: ${error instanceof Error ? error.message : String(error)}` };
}

export function ms(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value >= 0.1 ? value.toPrecision(3) : value.toPrecision(2)} ms`;
}
