import type { RandomChoice } from "../../support/fault-run/random-choice.js";
import type { Format, Material } from "./format.js";

/** Bytes as they are. */
export const bytesFormat: Format<Uint8Array> = {
  read: (bytes) => bytes,
  write: (bytes) => bytes,
  mutate: mutateBytes,
  grow: growBytes,
};

// Bytes at which fields of binary formats change their meaning.
const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x2f, 0x5c, 0xed];

type Mutation = (bytes: Buffer, choice: RandomChoice, material: Material) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  // Changes a byte: a bit of it, by a little, or to another.
  (bytes, choice) => changed(bytes, choice, (byte) => byte ^ (1 << choice.below(8))),
  (bytes, choice) => changed(bytes, choice, (byte) => byte + choice.below(17) - 8),
  (bytes, choice) => changed(bytes, choice, () => choice.of(INTERESTING)),
  (bytes, choice) => changed(bytes, choice, () => choice.below(256)),
  // Takes a part away, repeats one, or moves it.
  (bytes, choice) => {
    const [from, to] = part(bytes, choice);
    return spliced(bytes, from, to, Buffer.alloc(0));
  },
  (bytes, choice) => {
    const [from, to] = part(bytes, choice);
    const times = choice.of([1, 1, 1, 2, 3, 8, 64]);
    return spliced(bytes, to, to, ...Array.from({ length: times }, () => bytes.subarray(from, to)));
  },
  (bytes, choice) => {
    const [from, to] = part(bytes, choice);
    const at = choice.below(bytes.length + 1);
    return spliced(bytes, at, at, bytes.subarray(from, to));
  },
  // Puts something in: a byte, a word, a part of another input.
  (bytes, choice) => insert(bytes, choice, Buffer.of(choice.chance(0.5) ? choice.of(INTERESTING) : choice.below(256))),
  (bytes, choice, { words }) => insert(bytes, choice, Buffer.from(choice.of(words))),
  (bytes, choice, { words }) => {
    const word = Buffer.from(choice.of(words));
    const at = choice.below(bytes.length + 1);
    return spliced(bytes, at, Math.min(bytes.length, at + word.length), word);
  },
  (bytes, choice, { other }) => {
    const [from, to] = part(Buffer.from(other), choice);
    return insert(bytes, choice, other.subarray(from, to));
  },
  (bytes, choice, { other }) =>
    Buffer.concat([bytes.subarray(0, choice.below(bytes.length + 1)), other.subarray(choice.below(other.length + 1))]),
];

/** One to eight random changes, mostly few. */
export function mutateBytes(bytes: Uint8Array, choice: RandomChoice, material: Material): Uint8Array {
  let mutant: Uint8Array = Buffer.from(bytes);
  for (let left = 1 << choice.of([0, 0, 0, 1, 1, 2, 3]); left > 0; left--) {
    mutant = choice.of(MUTATIONS)(Buffer.from(mutant), choice, material);
  }
  return mutant;
}

/** Repeats one part of some bytes until there are about `size` of them. */
export function growBytes(bytes: Uint8Array, size: number, choice: RandomChoice): Uint8Array {
  const whole = Buffer.from(bytes);
  const [from, to] = part(whole, choice);
  if (from === to) return bytes;
  const times = Math.max(1, Math.floor((size - bytes.length) / (to - from)));
  return spliced(whole, to, to, Buffer.alloc(times * (to - from), whole.subarray(from, to)));
}

function changed(bytes: Buffer, choice: RandomChoice, change: (byte: number) => number): Buffer {
  const at = choice.below(bytes.length);
  if (bytes.length > 0) bytes[at] = change(bytes[at]!);
  return bytes;
}

function insert(bytes: Buffer, choice: RandomChoice, more: Uint8Array): Buffer {
  const at = choice.below(bytes.length + 1);
  return spliced(bytes, at, at, more);
}

function spliced(bytes: Buffer, from: number, to: number, ...more: Uint8Array[]): Buffer {
  return Buffer.concat([bytes.subarray(0, from), ...more, bytes.subarray(to)]);
}

/** A part of the bytes, mostly a short one. */
function part(bytes: Buffer, choice: RandomChoice): [from: number, to: number] {
  const from = choice.below(bytes.length);
  const most = choice.of([1, 2, 4, 16, 64, bytes.length]);
  return [from, Math.min(bytes.length, from + 1 + choice.below(most))];
}
