const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3], // U+00B5, the micro sign
  ["μs", 1e-3], // U+03BC, the Greek letter
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * Parses a duration as Go's `time.ParseDuration` writes it, such as `300s`, `5m`, `1h30m`, `1.5s` or `500ms`: decimal
 * numbers, each with a unit (`ns`, `us`, `ms`, `s`, `m`, `h`), in any order; only `0` goes without. Not negative.
 *
 * @returns milliseconds, a fraction rounded up; `undefined` when `text` is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const part = /(\d+(?:\.\d*)?|\.\d+)([a-zµμ]+)/y;
  let milliseconds = 0;
  do {
    const match = part.exec(text);
    const unit = match === null ? undefined : MILLISECONDS.get(match[2]!);
    if (unit === undefined) return undefined;
    milliseconds += Number(match![1]) * unit;
  } while (part.lastIndex < text.length);
  // To the nanosecond first: a sum of decimals may be off by a hair, which is not to be rounded up.
  return Math.ceil(Number(milliseconds.toFixed(6)));
}
