import { nearestName } from "../options/nearest-name.js";

// The words that deployments of the Go system may use.
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "true", "t", "yes", "y", "on"].map((word) => [word, true] as const),
  ...["0", "false", "f", "no", "n", "off"].map((word) => [word, false] as const),
]);

// The longest delay that a Node timer takes. With a longer delay, the timer would fire at once.
const MAX_DURATION = 2 ** 31 - 1;

// Names that Kubernetes and Docker set in every container for a service that is called "coatcheck" (Kubernetes,
// "Services, Networking": environment variables).
const OF_A_SERVICE = /^(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * Reads the variables of one prefix, and collects all problems, so that one error can name them all. Values are
 * trimmed, and blank values count as unset. A variable that can't be read gives `undefined`. Its value is never
 * repeated.
 */
export class EnvironmentReader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #prefix: string;
  readonly #problems: string[] = [];
  readonly #known = new Set<string>();

  constructor(env: NodeJS.ProcessEnv, prefix: string) {
    this.#env = env;
    this.#prefix = prefix;
  }

  /** The names of all variables that were asked for, without the prefix. */
  get known(): string[] {
    return [...this.#known];
  }

  /** Returns whether the variable exists and is blank. */
  isBlank(name: string): boolean {
    const value: unknown = this.#env[this.#prefix + name];
    return typeof value === "string" && value.trim() === "";
  }

  /** Returns whether the variable exists and is not blank. This includes a variable that can't be read. */
  isSet(name: string): boolean {
    return this.#env[this.#prefix + name] !== undefined && !this.isBlank(name);
  }

  text(name: string): string | undefined {
    this.#known.add(name);
    const value: unknown = this.#env[this.#prefix + name];
    if (value === undefined) return undefined;
    if (typeof value === "string") return value.trim() === "" ? undefined : value.trim();
    this.refuse(name, "must be a text"); // possible in an object that replaces process.env
    return undefined;
  }

  /** Reads a whole number of decimal digits, from `min` to `max`, both included. */
  integer(name: string, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    return this.parse(name, `must be a whole number ${range}`, (value) => {
      const number = Number(value);
      return /^\d+$/.test(value) && number >= min && number <= max ? number : undefined;
    });
  }

  /** Reads a duration in Go's syntax, longer than 0, in milliseconds. */
  duration(name: string, max = MAX_DURATION): number | undefined {
    return this.pause(name, max, 1);
  }

  /** Parses the same, of at least `min` milliseconds. `min` may be 0. */
  pause(name: string, max = MAX_DURATION, min = 0): number | undefined {
    const least = min === 0 ? "" : "longer than 0 and ";
    return this.parse(name, `must be a duration such as 300s, 5m or 1h30m, ${least}at most ${max}ms`, (value) => {
      const milliseconds = parseDuration(value);
      return milliseconds !== undefined && milliseconds >= min && milliseconds <= max ? milliseconds : undefined;
    });
  }

  boolean(name: string): boolean | undefined {
    return this.choice(name, BOOLEANS, "true or false");
  }

  /** Reads one of the words in `choices`, in any case. */
  choice<T>(name: string, choices: ReadonlyMap<string, T>, expected: string): T | undefined {
    return this.parse(name, `must be ${expected}`, (value) => choices.get(value.toLowerCase()));
  }

  /**
   * Returns what `read` makes of the value of a variable that is set. If `read` returns `undefined`, the value is
   * refused.
   */
  parse<T>(name: string, expected: string, read: (value: string) => T | undefined): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const parsed = read(value);
    if (parsed === undefined) this.refuse(name, expected);
    return parsed;
  }

  /** Reads a text. The text is refused if `problemOf` finds a problem. */
  sound(name: string, problemOf: (value: string) => string | undefined): string | undefined {
    const value = this.text(name);
    const problem = value === undefined ? undefined : problemOf(value);
    if (problem === undefined) return value;
    this.refuse(name, problem);
    return undefined;
  }

  /** Refuses variables of the prefix that no code has asked for. Such names are usually misspelt. */
  refuseUnknown(): void {
    for (const [name, value] of Object.entries(this.#env)) {
      const own = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : undefined;
      if (own === undefined || value === undefined || this.#known.has(own) || OF_A_SERVICE.test(own)) continue;
      this.refuse(own, `is not known; the nearest that is: ${this.#prefix}${nearestName(own, this.#known)!}`);
    }
  }

  /** Records what is wrong with a variable. */
  refuse(name: string, problem: string): void {
    this.#problems.push(`${this.#prefix}${name} ${problem}`);
  }

  /** Describes all problems, and names every variable that was refused. `undefined` when there is no problem. */
  problem(): string | undefined {
    return this.#problems.length === 0 ? undefined : `The environment is not valid: ${this.#problems.join("; ")}.`;
  }
}

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
 * Parses a duration as Go's `time.ParseDuration` writes it, such as `300s`, `5m`, `1h30m`, `1.5s` or `500ms`. A
 * duration is a list of decimal numbers, each with a unit (`ns`, `us`, `ms`, `s`, `m`, `h`), in any order. Only `0`
 * needs no unit. Negative durations are refused.
 *
 * @returns milliseconds, with a fraction rounded up; `undefined` when `text` is no duration
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
  // Rounded to the nanosecond first. A sum of decimals may be slightly too large, and that error must not be rounded
  // up.
  return Math.ceil(Number(milliseconds.toFixed(6)));
}
