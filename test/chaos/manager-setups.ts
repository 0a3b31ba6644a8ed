import { aes256gcm, brotli, gzip, type Codec } from "../../src/index.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { choicesOf } from "./choices.js";
import type { Thresholds } from "./random-payload.js";

const KEY = new Uint8Array(32).fill(7);

const encrypted = (): Codec => aes256gcm({ keys: { key: KEY }, activeKeyId: "key" });

/** Something that managers can be told, and in which share of the cases they are. */
interface ManagerSetup {
  readonly name: string;
  readonly share: number;
  /** Options that both sides have to agree on. */
  options?(choice: RandomChoice): Partial<StorageManagerOptions>;
  /** Options of the side that hydrates alone. */
  consumer?(choice: RandomChoice): Partial<StorageManagerOptions>;
}

/**
 * All that managers are told in the cases. Each line is drawn on its own, so that every combination comes up, and a new
 * line changes nothing of the others.
 */
const MANAGER_SETUPS: readonly ManagerSetup[] = [
  { name: "small values leave", share: 0.6, options: (choice) => ({ maxInlineSize: choice.of([0, 1, 16, 100, 400]) }) },
  { name: "small envelope", share: 0.3, options: (choice) => ({ maxEnvelopeSize: choice.of([1024, 2000, 9000]) }) },
  { name: "no packs", share: 0.25, options: () => ({ pack: false }) },
  {
    name: "small packs",
    share: 0.25,
    options: (choice) => ({ pack: { maxEntrySize: choice.of([0, 100, 500]), maxPackSize: choice.of([500, 5000]) } }),
  },
  { name: "one at a time", share: 0.2, options: () => ({ concurrency: 1 }) },
  { name: "few at a time", share: 0.2, options: () => ({ concurrency: 3 }) },
  { name: "canonical", share: 0.15, options: () => ({ canonical: true }) },
  { name: "impatient", share: 0.15, options: (choice) => ({ timeout: choice.of([200, 3000]) }) },
  { name: "read cache", share: 0.4, consumer: (choice) => ({ readCache: { maxBytes: choice.of([2000, 1_000_000]) } }) },
  { name: "gzip", share: 0.04, options: () => ({ codecs: [gzip({ minSize: 1 })] }) },
  { name: "compressed and encrypted", share: 0.04, options: () => ({ codecs: [brotli({ quality: 1 }), encrypted()] }) },
  {
    name: "signed",
    share: 0.25,
    options: () => ({ signing: { keys: { now: KEY, before: KEY }, activeKeyId: "now" } }),
  },
];

/** The managers of one case. */
export interface ChosenManagers extends Thresholds {
  readonly names: readonly string[];
  readonly options: Partial<StorageManagerOptions>;
  readonly consumerOptions: Partial<StorageManagerOptions>;
}

export function chooseManagers(seed: number): ChosenManagers {
  const names: string[] = [];
  const options: Partial<StorageManagerOptions> = {};
  const own: Partial<StorageManagerOptions> = {};
  for (const setup of MANAGER_SETUPS) {
    const choice = choicesOf(seed, `manager: ${setup.name}`);
    if (!choice.chance(setup.share)) continue;
    names.push(setup.name);
    Object.assign(options, setup.options?.(choice));
    Object.assign(own, setup.consumer?.(choice));
  }
  const { maxInlineSize = 1024, maxEnvelopeSize = 262_144, pack } = options;
  const maxEntrySize = pack === false ? 0 : (pack?.maxEntrySize ?? 262_144);
  return { names, options, consumerOptions: { ...options, ...own }, maxInlineSize, maxEnvelopeSize, maxEntrySize };
}
