import { createHash } from "node:crypto";
import { MemoryStore, StorageError } from "../../src/index.js";
import { RereadEntry } from "../../src/maintain/reread-entry.js";
import { failureOf } from "../support/failure.js";

const WHOLE = Buffer.from("a header, and what is behind it");
const HEAD = WHOLE.subarray(0, 8);
const { signal } = new AbortController();

function digestOf(bytes: Uint8Array): string {
  return `sha256-${createHash("sha256").update(bytes).digest("base64url")}`;
}

/** What the second read of an object gives that was seen to be `WHOLE`, and is `now`. */
async function reread(now: Uint8Array, digest: string | undefined, path = "s/stream.bin"): Promise<Buffer> {
  const store = new MemoryStore();
  await store.write(path, now);
  const entry = new RereadEntry(store, path, { head: HEAD, size: WHOLE.byteLength, digest });
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of entry.chunks(signal)) chunks.push(chunk);
  } catch (error) {
    expect(entry.failure).toBe(error); // for those that hear of it only as a source that failed
    throw error;
  }
  return Buffer.concat(chunks);
}

describe("an object that is read a second time", () => {
  it.each([undefined, digestOf(WHOLE)])("is handed on when it is the one that was seen (digest %s)", async (digest) => {
    expect(await reread(WHOLE, digest)).toEqual(WHOLE);
  });

  it.each([
    ["has another header", Buffer.from("b header, and what is behind it"), undefined],
    ["is shorter", WHOLE.subarray(0, -1), undefined],
    ["is longer", Buffer.concat([WHOLE, Buffer.of(0)]), undefined],
    ["has another content", Buffer.from("a header, and what was behind i"), digestOf(WHOLE)],
  ])("is refused when it %s", async (_what, now, digest) => {
    const error = await failureOf(reread(now, digest));
    expect(error).toMatchObject({ code: "PRECONDITION_FAILED", operation: "reencrypt", path: "s/stream.bin" });
  });

  it("is INTEGRITY when it is not what its path says", async () => {
    const path = `s/${createHash("sha256").update(WHOLE).digest("hex")}.bin`;
    const error = await failureOf(reread(Buffer.from("a header, and what was behind i"), digestOf(WHOLE), path));
    expect(error).toMatchObject({ code: "INTEGRITY", path });
  });

  it("fails as the store does", async () => {
    const store = new MemoryStore();
    const entry = new RereadEntry(store, "gone", { head: HEAD, size: 1, digest: undefined });
    const error = await failureOf(entry.chunks(signal).next());
    expect(error).toBeInstanceOf(StorageError);
    expect(error.code).toBe("NOT_FOUND");
    expect(entry.failure).toBe(error);
  });
});
