import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../target.js";

const DIRECTORY = "test/fuzz/corpus";

/** An input and what it reaches. */
export interface Found {
  readonly bytes: Uint8Array;
  readonly features: readonly number[];
}

/** The name of an input's file. */
export function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** The committed inputs of a target. */
export function readCorpus(name: string): Uint8Array[] {
  const directory = join(DIRECTORY, name);
  return namesIn(directory).map((file) => readFileSync(join(directory, file)));
}

/** The inputs that a target names as the first ones. */
export function seedsOf(target: Target): Uint8Array[] {
  return target.seeds.map((seed) => target.format.write(seed));
}

/** Makes these the committed inputs of a target. */
export function writeCorpus(name: string, inputs: readonly Uint8Array[]): void {
  const directory = join(DIRECTORY, name);
  const wanted = new Map(inputs.map((bytes) => [nameOf(bytes), bytes]));
  mkdirSync(directory, { recursive: true });
  for (const file of namesIn(directory)) {
    if (!wanted.delete(file)) rmSync(join(directory, file));
  }
  for (const [file, bytes] of wanted) writeFileSync(join(directory, file), bytes);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return []; // fuzzed for the first time
  }
}

/**
 * As few and as small inputs as together reach what all of them reach, up to `maxBytes`: first those that bring most for
 * their size. What `known` inputs reach counts as reached.
 */
export function smallestCover(found: readonly Found[], known: Iterable<number>, maxBytes: number): Uint8Array[] {
  const reached = new Set(known);
  const left = [...found].sort((a, b) => a.bytes.byteLength - b.bytes.byteLength);
  const chosen: Uint8Array[] = [];
  let bytes = 0;
  while (chosen.length < MOST_INPUTS) {
    let best: Found | undefined;
    let bestWorth = 0;
    for (const candidate of left) {
      if (bytes + candidate.bytes.byteLength > maxBytes) continue;
      const fresh = candidate.features.filter((feature) => !reached.has(feature)).length;
      const worth = fresh / (candidate.bytes.byteLength + FIXED_COST);
      if (worth > bestWorth) [best, bestWorth] = [candidate, worth];
    }
    if (best === undefined) break;
    for (const feature of best.features) reached.add(feature);
    chosen.push(best.bytes);
    bytes += best.bytes.byteLength;
  }
  return chosen;
}

// More bring little, and each is a file in the repository.
const MOST_INPUTS = 32;
// What a file takes beside its bytes.
const FIXED_COST = 40;
