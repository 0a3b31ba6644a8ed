import assert from "node:assert/strict";
import fc from "fast-check";
import { isStorageError } from "../../src/errors/error.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import { referenceGrammar } from "../../src/reference/grammar.js";
import type { BubustackReference, StorageReference } from "../../src/reference/reference.js";
import { parseSelector, select } from "../../src/reference/selector.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";

type Reference = StorageReference | BubustackReference;

const key = new Uint8Array(32).fill(1);
const keys = { k: key };

const configuration: fc.Arbitrary<StorageManagerOptions> = fc
  .record({
    dialect: fc.constantFrom("native" as const, "native" as const, "bubustack" as const),
    codec: fc.constantFrom("none", "gzip", "aes"),
    isSigned: fc.boolean(),
    pack: fc.constantFrom(false as const, { maxEntrySize: 100, maxPackSize: 1000 }, undefined),
  })
  .map(({ dialect, codec, isSigned, pack }) => ({
    dialect,
    maxInlineSize: 24,
    maxEnvelopeSize: 1024,
    ...(dialect === "native" && {
      codecs: codec === "none" ? [] : codec === "gzip" ? [gzip()] : [aes256gcm({ keys, activeKeyId: "k" })],
      ...(isSigned && { signing: { keys, activeKeyId: "k" } }),
      ...(pack !== undefined && { pack }),
    }),
  }));

const name = fc.constantFrom("a", "b", "c.d", "$storageX", "$$storageRef", "$bubuX", "$x", "", "long name of a field");
const leaf = fc.oneof(fc.constant(null), fc.integer(), fc.string({ maxLength: 40 }), fc.boolean());
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** Decides by a seed which way to go. */
class Choices {
  constructor(private readonly numbers: readonly number[]) {}
  private at = 0;
  next(count: number): number {
    return this.numbers[this.at++ % this.numbers.length]! % count;
  }
}

/** A path through a value; now and then one that leads nowhere. */
function somePath(value: unknown, choices: Choices): string {
  let path = "";
  let at = value;
  while (choices.next(5) > 0) {
    if (choices.next(12) === 0) return `${path}["nowhere"]`;
    if (Array.isArray(at)) {
      if (choices.next(2) === 0) {
        path += "[*]";
        at = at[choices.next(Math.max(at.length, 1))] as unknown;
        continue;
      }
      const index = choices.next(at.length + 1);
      path += `[${index}]`;
      at = at[index] as unknown;
    } else if (typeof at === "object" && at !== null) {
      const names = Object.keys(at);
      if (names.length === 0) break;
      const field = names[choices.next(names.length)]!;
      path += `[${JSON.stringify(field)}]`;
      at = (at as Record<string, unknown>)[field];
    } else break;
  }
  return path;
}

function referencesIn(value: unknown): Reference[] {
  if (typeof value !== "object" || value === null) return [];
  if (!Array.isArray(value) && referenceGrammar(value as Record<string, unknown>)) return [value as Reference];
  return Object.values(value).flatMap(referencesIn);
}

async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return { value: await run() };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { code: error.code };
  }
}

describe("a part of any payload", () => {
  it("is what is selected once everything is hydrated", async () => {
    let parts = 0;
    await fc.assert(
      fc.asyncProperty(
        configuration,
        fc.array(json, { minLength: 3, maxLength: 3 }),
        fc.array(fc.nat(), { minLength: 20, maxLength: 60 }),
        async (options, [first, second, third], numbers) => {
          const manager = new StorageManager({ store: new MemoryStore(), ...options });
          const choices = new Choices(numbers);
          const inner = await manager.dehydrate(
            { first, text: "a text that leaves" },
            { scope: "1", maxRecursionDepth: choices.next(4) },
          );
          // References to parts, inside of what is stored.
          const selected: unknown[] = [];
          for (const reference of referencesIn(inner).slice(0, 3)) {
            selected.push(manager.select(reference, somePath(await manager.hydrate(reference), choices)));
          }
          const isGood = await outcomeOf(() => manager.hydrate(selected));
          const middle = await manager.dehydrate(
            { inner, ...("value" in (isGood as object) && { selected }), list: [second, inner] },
            { scope: "2", references: "pass", maxRecursionDepth: choices.next(3) },
          );
          const outer = await manager.dehydrate([middle, third, middle], {
            scope: "3",
            references: "pass",
            maxRecursionDepth: 0,
          });
          const references = [outer, middle, inner].flatMap(referencesIn);
          for (const reference of references.slice(0, 4)) {
            const whole = await manager.hydrate(reference);
            const wanted = Array.from({ length: 3 }, () => somePath(whole, choices));
            const expected = await Promise.all(
              wanted.map((path) => outcomeOf(() => select(whole, parseSelector(path)))),
            );
            const found: unknown[] = [];
            for (const path of wanted) {
              found.push(await outcomeOf(() => manager.hydrate(manager.select(reference, path))));
            }
            assert.deepStrictEqual(found, expected, JSON.stringify(wanted));
            parts += found.length;
            // Several parts of one object at once.
            const good = wanted.filter((_, index) => "value" in (expected[index] as object));
            const together = await manager.hydrate(good.map((path) => manager.select(reference, path)));
            assert.deepStrictEqual(
              together,
              good.map((path) => select(whole, parseSelector(path))),
            );
          }
        },
      ),
      { numRuns: 50 },
    );
    expect(parts).toBeGreaterThan(200);
  });
});
