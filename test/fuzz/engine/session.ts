import { RandomChoice } from "../../support/fault-run/random-choice.js";
import { CANARY, type Target } from "../target.js";
import { readCorpus, seedsOf, smallestCover, type Found } from "./corpus.js";
import { reachedWords } from "./counters.js";
import { assertLinear } from "./growth.js";
import { execute, withCanary, type Execution } from "./run-target.js";

const DEFAULT_MAX_LENGTH = 4096;

export interface SessionOptions {
  readonly seed: number;
  /** ms since 1970. */
  readonly until: number;
  /** Most bytes of the inputs that are kept. */
  readonly maxCorpusBytes: number;
  /** Told of each input before it runs. */
  readonly announce: (bytes: Uint8Array) => void;
}

export interface SessionReport {
  executions: number;
  /** Features reached, and how many of them the committed corpus and the seeds reach. */
  features: number;
  known: number;
  /** The inputs to keep. */
  corpus: readonly Uint8Array[];
}

/** Fuzzes one target: first its seeds and corpus, then, as long as there is time, mutations of what reached something new. */
export class Session {
  readonly #choice: RandomChoice;
  readonly #features = new Set<number>();
  readonly #found: Found[] = [];
  #words: readonly string[];
  #executions = 0;

  constructor(
    private readonly name: string,
    private readonly target: Target,
    private readonly options: SessionOptions,
  ) {
    this.#choice = new RandomChoice(options.seed);
    this.#words = [CANARY, ...(target.words ?? [])];
  }

  /** @throws what is wrong with the input that was announced last */
  async run(): Promise<SessionReport> {
    const first = [...seedsOf(this.target), ...readCorpus(this.name)];
    // Once before it counts: some code runs only the first time.
    for (const bytes of first) await this.#execute(bytes);
    for (const bytes of first) await this.#take(bytes, true);
    const known = this.#features.size;
    while (Date.now() < this.options.until) await this.#take(this.#mutant());
    const corpus = smallestCover(this.#found, await this.#featuresOfSeeds(), this.options.maxCorpusBytes);
    return { executions: this.#executions, features: this.#features.size, known, corpus };
  }

  /** Runs an input, and keeps it if it reaches something new. */
  async #take(bytes: Uint8Array, isFirst = false): Promise<void> {
    const execution = await this.#execute(bytes);
    if (execution === undefined || !this.#isNew(execution.features)) return;
    this.#words = [...new Set([...this.#words, ...reachedWords()])];
    // What only one of two runs reaches depends on something else.
    const again = new Set((await this.#execute(bytes))?.features);
    const features = execution.features.filter((feature) => again.has(feature));
    if (!this.#isNew(features)) return;
    for (const feature of features) this.#features.add(feature);
    this.#found.push({ bytes: Uint8Array.from(bytes), features });
    const seed = isFirst ? this.#found.length : this.#choice.below(2 ** 31);
    await this.#execute(withCanary(this.target, bytes, this.#choice));
    await assertLinear(this.target, bytes, seed, this.options.announce);
  }

  #isNew(features: readonly number[]): boolean {
    return features.some((feature) => !this.#features.has(feature));
  }

  #execute(bytes: Uint8Array): Promise<Execution | undefined> {
    this.#executions++;
    this.options.announce(bytes);
    return execute(this.target, bytes);
  }

  /** A mutation of something found, rather of late. */
  #mutant(): Uint8Array {
    const choice = this.#choice;
    const found = this.#found;
    const late = Math.max(0, found.length - 20);
    const parent = choice.chance(0.3) ? found[late + choice.below(found.length - late)]! : choice.of(found);
    const other = choice.of(found).bytes;
    const mutant = this.target.format.mutate(parent.bytes, choice, { words: this.#words, other });
    return mutant.subarray(0, this.target.maxLength ?? DEFAULT_MAX_LENGTH);
  }

  async #featuresOfSeeds(): Promise<Set<number>> {
    const features = new Set<number>();
    for (const seed of seedsOf(this.target)) {
      for (const feature of (await this.#execute(seed))?.features ?? []) features.add(feature);
    }
    return features;
  }
}
