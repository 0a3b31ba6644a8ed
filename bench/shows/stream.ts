import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { StorageReference } from "coatcheck";
import { peakMemory } from "../measure/memory.js";
import { s3Manager, time } from "./network.js";
import type { ShowJob, StreamIn, StreamOut } from "./worker.js";

type Job<Worker> = Extract<ShowJob, { worker: Worker }>;

const CHUNK = 65_536;
const BLOCK = 1024 ** 2;

/** A stream of so many bytes into S3. */
export async function streamIn({ bytes, s3 }: Job<"streamIn">): Promise<StreamIn> {
  const { manager, close } = await s3Manager(s3);
  await manager.dehydrate({ file: Buffer.alloc(CHUNK) });
  const digest = createHash("sha256");
  const file = Readable.from(chunks(bytes, (chunk) => digest.update(chunk)));
  let message: unknown;
  let ms = 0;
  const memory = await peakMemory(async () => {
    ms = await time(async () => (message = await manager.dehydrate({ file }, { scope: "stream" })));
  });
  await close();
  return { memory, ms, message, digest: digest.digest("hex") };
}

/** The same out of S3 again, in another process: what the first one has taken of memory would hide what this one takes. */
export async function streamOut({ message, digest, s3 }: Job<"streamOut">): Promise<StreamOut> {
  const { manager, close } = await s3Manager(s3);
  await manager.hydrate(await manager.dehydrate({ file: Buffer.alloc(CHUNK) }));
  const { file } = message as { file: StorageReference };
  const received = createHash("sha256");
  let ms = 0;
  const memory = await peakMemory(async () => {
    ms = await time(async () => {
      for await (const chunk of await manager.open(file)) received.update(chunk);
    });
  });
  await close();
  assert.equal(received.digest("hex"), digest, "what came out is not what went in");
  return { memory, ms };
}

// Views of one block: the source takes no memory of its own, which would be measured with ours.
function* chunks(bytes: number, see: (chunk: Buffer) => void): Generator<Buffer> {
  const block = randomBytes(BLOCK + CHUNK);
  for (let offset = 0; offset < bytes; offset += CHUNK) {
    const start = (offset * 31) % BLOCK;
    const chunk = block.subarray(start, start + Math.min(CHUNK, bytes - offset));
    see(chunk);
    yield chunk;
  }
}
