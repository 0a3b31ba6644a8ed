// A producer and a consumer of messages. The broker takes 1 KiB at most; a message carries a document and an image.
// Run it: npx tsx examples/producer-consumer.ts
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, StorageManager, isStorageError } from "coatcheck";

const MESSAGE_LIMIT = 1024;
const DAY = 24 * 60 * 60 * 1000;

interface Message {
  id: string;
  text: string;
  image: Uint8Array;
}

class Broker {
  private readonly queue: string[] = [];

  publish(body: string): void {
    if (Buffer.byteLength(body) > MESSAGE_LIMIT) throw new RangeError("the message is too large");
    this.queue.push(body);
  }

  *deliver(): Generator<string> {
    for (let body = this.queue.shift(); body !== undefined; body = this.queue.shift()) yield body;
  }
}

async function produce(manager: StorageManager, broker: Broker, message: Message): Promise<void> {
  const body = JSON.stringify(await manager.dehydrate(message, { scope: message.id }));
  broker.publish(body); // its objects are durable by now
  console.log(`sent ${Buffer.byteLength(body)} bytes`);
}

async function consume(manager: StorageManager, body: string): Promise<void> {
  let message: Message;
  try {
    message = await manager.hydrate<Message>(JSON.parse(body));
  } catch (error) {
    // Brokers deliver at least once. An object that is missing without a tombstone is lost: that is a failure.
    if (!isStorageError(error, "RELEASED")) throw error;
    console.log("skipped: already processed");
    return;
  }
  console.log(`got ${message.text.length} characters and ${message.image.byteLength} bytes of image`);
  await manager.release(message.id, { tombstone: 14 * DAY }); // as long as the broker may deliver it again
}

const root = await mkdtemp(join(tmpdir(), "coatcheck-messages-"));
const manager = new StorageManager({
  store: new FileStore({ root }),
  maxInlineSize: 256,
  maxEnvelopeSize: MESSAGE_LIMIT,
});
const broker = new Broker();

await produce(manager, broker, { id: randomUUID(), text: "word ".repeat(10_000), image: randomBytes(70_000) });
for (const body of broker.deliver()) {
  await consume(manager, body);
  await consume(manager, body); // a second delivery of the same message
}
await manager.close();
