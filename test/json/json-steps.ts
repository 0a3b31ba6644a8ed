import { JsonWriter } from "../../src/json/json-writer.js";

export const KiB = 1024;

/** Runs steps to their end. Gives what comes of them. */
export function run<T>(steps: Iterator<undefined, T>, afterEach: () => void = () => undefined): T {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    afterEach();
  }
}

export function written(value: unknown, expectedSize?: number, canonical?: boolean): string {
  const writer = new JsonWriter(expectedSize ?? 64, undefined, canonical);
  run(writer.write(value));
  return run(writer.end()).toString();
}

/** Bytes that the longest step wrote. */
export function longestStep(value: unknown, canonical?: boolean): number {
  const writer = new JsonWriter(64, undefined, canonical);
  let before = 0;
  let longest = 0;
  const note = (): void => {
    longest = Math.max(longest, writer.size - before);
    before = writer.size;
  };
  run(writer.write(value), note);
  note();
  return longest;
}

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
export const record = (index: number) => ({
  id: index,
  name: `é ${index} "x"`,
  tags: ["a", "😀"],
  at: { x: index / 7, y: null },
});
export const objectOf = (keys: readonly string[], value: (index: number) => unknown): Record<string, unknown> =>
  Object.fromEntries(keys.map((key, index) => [key, value(index)]));

/** A tree of objects with `width` keys each. */
export function tree(width: number, levels: number, leaf: unknown): unknown {
  return levels === 0
    ? leaf
    : objectOf(
        numbers(width).map((i) => `child ${i}`),
        () => tree(width, levels - 1, leaf),
      );
}

export function deep(levels: number, inner: unknown, wrap: (value: unknown) => unknown): unknown {
  let value = inner;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}
