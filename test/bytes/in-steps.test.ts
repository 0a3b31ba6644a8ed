import { createHash } from "node:crypto";
import { copyInSteps } from "../../src/bytes/copy-bytes.js";
import { sha256, sha256InSteps } from "../../src/bytes/digest.js";
import { run } from "../json/json-steps.js";

const MiB = 1 << 20;

/** Bytes of which no part is like another. */
function distinctBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let offset = 0; offset + 4 <= size; offset += 4) bytes.writeUInt32LE(offset ^ 0x5bd1e995, offset);
  return bytes;
}

describe.each([0, 1, 4 * MiB - 1, 4 * MiB, 4 * MiB + 1, 8 * MiB, 9 * MiB + 3])("%d bytes in steps", (size) => {
  const bytes = distinctBytes(size);

  it("have the digest that they have in one go", () => {
    const expected = createHash("sha256").update(bytes).digest("hex");
    expect(run(sha256InSteps(bytes)).toString("hex")).toBe(expected);
    expect(sha256(bytes).toString("hex")).toBe(expected);
  });

  it("are copied as in one go", () => {
    const copy = run(copyInSteps(bytes));
    expect(Buffer.compare(copy, bytes)).toBe(0);
    expect(copy.buffer).not.toBe(bytes.buffer);
  });
});

describe("a step", () => {
  it("is 4 MiB, of a digest and of a copy", () => {
    const bytes = new Uint8Array(9 * MiB);
    for (const steps of [sha256InSteps(bytes), copyInSteps(bytes)]) {
      let count = 0;
      run<unknown>(steps, () => count++);
      expect(count).toBe(3);
    }
  });
});

describe("a copy in steps", () => {
  it("fails when the bytes are transferred between two steps: what is missing is no zeros", () => {
    const bytes = new Uint8Array(9 * MiB).fill(7);
    const steps = copyInSteps(bytes);
    steps.next();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(() => run(steps)).toThrow(TypeError);
  });
});
