import { StorageError } from "../../src/errors/error.js";
import { formatPayloadPath } from "../../src/plan/payload-path.js";
import { RandomChoice } from "../support/fault-run/random-choice.js";
import { outcomeOf, sharedPrototypes } from "./check.js";
import { smallestCover } from "./engine/corpus.js";
import { counters } from "./engine/counters.js";
import { assertLinear } from "./engine/growth.js";
import { execute, withCanary } from "./engine/run-target.js";
import { Session } from "./engine/session.js";
import { shrink } from "./engine/shrink.js";
import { jsonFormat } from "./format/json.js";
import { textFormat } from "./format/text.js";
import { toBytes, toText } from "./format/wide-utf8.js";
import { CANARY, defineTarget, type Target } from "./target.js";

// What scripts/fuzz/instrument.mjs writes into the code under test, written by hand.
const counts = counters(8, ["magicword"]);
const hit = (branch: number): void => {
  counts[branch]! += 1;
};

function textTarget(run: (text: string) => void): Target {
  return defineTarget<string>({ format: textFormat, seeds: ["text"], run });
}

function session(target: Target, seconds: number): Session {
  return new Session("none", target, {
    seed: 1,
    until: Date.now() + seconds * 1000,
    maxCorpusBytes: 1000,
    announce: () => undefined,
  });
}

describe("fuzzing", () => {
  it("gets to the end of a ladder of branches, each of which it has to reach first", async () => {
    const target = textTarget((text) => {
      for (let rung = 0; rung < 4; rung++) {
        hit(rung);
        if (text.charCodeAt(rung) !== "wgyp".charCodeAt(rung)) return;
      }
      throw new TypeError("The planted bug was reached.");
    });
    await expect(session(target, 20).run()).rejects.toThrow("The planted bug was reached.");
  });

  it("uses the words that the code compares with", async () => {
    const target = textTarget((text) => {
      hit(4);
      if (text.includes("magicword")) throw new TypeError("The planted bug was reached.");
    });
    await expect(session(target, 20).run()).rejects.toThrow("The planted bug was reached.");
  });

  it("keeps few inputs that reach everything, and no more bytes than it may", () => {
    const found = [
      { bytes: Buffer.alloc(10), features: [1] },
      { bytes: Buffer.alloc(20), features: [1, 2, 3] },
      { bytes: Buffer.alloc(500), features: [4] },
      { bytes: Buffer.alloc(5), features: [9] },
    ];
    expect(smallestCover(found, [9], 1000).map(({ byteLength }) => byteLength)).toEqual([20, 500]);
    expect(smallestCover(found, [9], 100).map(({ byteLength }) => byteLength)).toEqual([20]);
  });

  it("makes what fails small", async () => {
    const small = await shrink(Buffer.from("some text with a bug in it"), (bytes) =>
      Promise.resolve(Buffer.from(bytes).includes("bug")),
    );
    expect(Buffer.from(small).toString()).toBe("bug");
  });
});

describe("what is asserted of every target", () => {
  it("no prototype is changed", async () => {
    const target = textTarget(() => void Object.defineProperty(Map.prototype, "planted", { configurable: true }));
    const before = sharedPrototypes();
    await expect(execute(target, Buffer.from("x"))).rejects.toThrow("A prototype that all objects share was changed.");
    Reflect.deleteProperty(Map.prototype, "planted");
    expect(sharedPrototypes()).toBe(before);
  });

  it("only StorageErrors of certain codes are thrown, whose messages do not quote the input", () => {
    const fail = (error: Error) => () =>
      outcomeOf(["INVALID_PATH"], () => {
        throw error;
      });
    expect(fail(new StorageError("INVALID_PATH", "It is empty."))).not.toThrow();
    expect(fail(new StorageError("UNEXPECTED", "It is empty."))).toThrow("It failed with UNEXPECTED.");
    expect(fail(new RangeError("Too much recursion."))).toThrow("It failed with another error");
    expect(fail(new StorageError("INVALID_PATH", `No path: ${CANARY}`))).toThrow("A message quotes the input.");
    const cause = new SyntaxError(`Unexpected token ${CANARY}`);
    expect(fail(new StorageError("INVALID_PATH", "It is bad.", { cause }))).toThrow("A message quotes the input.");
  });

  it("the place in a payload may hold its keys, but no message holds anything else of it", () => {
    const fail = (message: string) => (): unknown =>
      outcomeOf(["INVALID_PATH"], () => {
        throw new StorageError("INVALID_PATH", message);
      });
    for (const keys of [
      [CANARY],
      [0, `a "${CANARY}" ] b`],
      ["x".repeat(240), CANARY, "a.b", "y".repeat(200), CANARY],
    ]) {
      const place = formatPayloadPath(keys);
      expect(fail(`It stands at ${place} of a stored object.`)).not.toThrow();
      expect(fail(`It stands at ${place} of ${CANARY}.`)).toThrow("A message quotes the input.");
      expect(fail(`It stands on ${place}.`)).toThrow("A message quotes the input.");
    }
  });

  it("the path of an object may be in its message, and no other text, nor where there is none", () => {
    const fail = (message: string, path?: string) => (): unknown =>
      outcomeOf(["NOT_FOUND", "UNKNOWN_SCHEME"], () => {
        throw new StorageError("NOT_FOUND", message, { operation: "read", store: "memory", path });
      });
    for (const path of [
      `outputs/${CANARY}`,
      `outputs/"${CANARY}"] b`,
      `${"x".repeat(1000)}${CANARY}${"y".repeat(200)}`,
    ]) {
      expect(fail("There is no such object.", path)).not.toThrow();
      expect(fail(`There is no ${path}.`, path)).not.toThrow();
      expect(fail(`There is no ${CANARY}.`, path)).toThrow("A message quotes the input.");
      expect(fail(`There is no path "${path}"]`)).toThrow("A message quotes the input.");
    }
    const foreign = new StorageError("UNKNOWN_SCHEME", "No store has it.", { path: `http://u:${CANARY}@host` });
    expect(foreign.message).not.toContain(CANARY);
  });

  it("work grows with the input only", async () => {
    const steps = (exponent: number): Target =>
      textTarget((text) => void (counts[5]! += (text.length / 64) ** exponent));
    const linear = assertLinear(steps(1), Buffer.from("text"), 1, () => undefined);
    await expect(linear).resolves.toBeUndefined();
    const quadratic = assertLinear(steps(2), Buffer.from("text"), 1, () => undefined);
    await expect(quadratic).rejects.toThrow("The work grows faster than the input");
  });
});

describe("formats", () => {
  it("keep every string, lone surrogates included", () => {
    for (const text of ["", "a/é/😀\0", "\ud800", "a\udfff\ud83d", "\ud83d\ud83d\ude00x", "\ud7ff\ue000"]) {
      expect(toText(toBytes(text))).toBe(text);
    }
  });

  it.each([textFormat, jsonFormat])("make other inputs, larger ones, and ones with the canary: %#", (format) => {
    const bytes = Buffer.from('{"a":["text",{"b":1}]}');
    const target = { format, seeds: [], run: () => undefined } as Target;
    const choice = new RandomChoice(1);
    const mutants = Array.from({ length: 200 }, () =>
      Buffer.from(format.mutate(bytes, choice, { words: ["word"], other: Buffer.from("[1]") })).toString(),
    );
    expect(new Set(mutants).size).toBeGreaterThan(100);
    expect(mutants.filter((text) => format.read(Buffer.from(text)) !== undefined).length).toBeGreaterThan(100);
    const grown = format.grow(bytes, 10_000, choice).byteLength;
    expect(grown).toBeGreaterThan(8_000);
    expect(grown).toBeLessThan(40_000);
    expect(Buffer.from(withCanary(target, bytes, choice)).includes(CANARY)).toBe(true);
  });
});
