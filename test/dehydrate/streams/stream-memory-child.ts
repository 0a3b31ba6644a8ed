// Streams so many MiB into S3 by dehydrate and out by open, and prints how much memory that took above what the process
// took before: the most it was seen to take, in bytes.
import { Readable } from "node:stream";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { StorageReference } from "../../../src/reference/reference.js";
import { S3Store } from "../../../src/store/drivers/s3/s3-store.js";

const BLOCK = Buffer.alloc(65_536, "coatcheck/"); // as test/fixtures/bulk-s3-server.mjs sends it back

async function main([endpoint, mebibytes]: string[]): Promise<void> {
  const size = Number(mebibytes) * 1024 ** 2;
  const credentials = { accessKeyId: "test", secretAccessKey: "testsecret" };
  const clientConfig = { endpoint: endpoint!, region: "us-east-1", credentials, forcePathStyle: true };
  const store = new S3Store({ bucket: "bulk", clientConfig });
  const manager = new StorageManager({ store, maxBytes: size }); // what hydrate could not bring, dehydrate refuses
  await manager.writeBlob("small", "to have a connection");

  const idle = process.memoryUsage.rss();
  let peak = idle;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const most = (): number => {
    const above = peak - idle;
    peak = idle;
    return above;
  };

  async function* blocks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0; left -= BLOCK.byteLength) {
      yield await Promise.resolve(Buffer.from(BLOCK)); // new memory, as the chunks of files and sockets have
      look();
    }
  }
  const reference = (await manager.dehydrate(Readable.from(blocks()))) as StorageReference;
  const into = most();
  let read = 0;
  for await (const chunk of await manager.open(reference)) {
    read += chunk.byteLength;
    look();
  }
  await store.close();
  process.stdout.write(JSON.stringify({ into, out: most(), read }));
}

void main(process.argv.slice(2));
