const MIB = 1024 ** 2;

/** Three digits: `0.012`, `1.23`, `45.6`, `789`, `1,234`. */
function number(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return Math.abs(value) < 0.001 ? value.toPrecision(2) : String(Number(value.toPrecision(3)));
}

export function milliseconds(value: number): string {
  if (value < 0.1) return `${number(value * 1000)} µs`;
  return value >= 10_000 ? `${number(value / 1000)} s` : `${number(value)} ms`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  if (value < 1e6) return `${number(value / 1e3)} kB`;
  return `${number(value / 1e6)} MB`;
}

export function mebibytes(value: number): string {
  return `${number(value / MIB)} MiB`;
}

export function gibibytes(value: number): string {
  return `${number(value / 1024 ** 3)} GiB`;
}

export function times(value: number): string {
  return `${number(value)}×`;
}

/** A value in the unit of a measure. */
export function inUnit(value: number, unit: "times" | "ms" | "bytes" | "requests" | "cases"): string {
  switch (unit) {
    case "times":
      return value.toFixed(2);
    case "ms":
      return milliseconds(value);
    case "bytes":
      return mebibytes(value);
    case "requests":
    case "cases":
      return String(value);
  }
}
