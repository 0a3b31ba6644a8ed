// A producer and a consumer with a queue between them that refuses every message over its limit.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { StorageManager, type Store } from "coatcheck";
import type { Delivery, DeliveryBody } from "./deliveries.js";
import { jsonBytes } from "./tally.js";

export interface Message {
  id: string;
  delivery: DeliveryBody;
  /** The raw request, gzipped: bytes, which JSON could only carry as base64. */
  attachment: Uint8Array;
}

/** Takes messages up to a size, as SQS does. */
export class Queue {
  private readonly bodies: string[] = [];

  constructor(readonly maxBytes: number) {}

  send(body: string): void {
    const bytes = Buffer.byteLength(body);
    if (bytes > this.maxBytes)
      throw new RangeError(`A message of ${bytes} bytes is over the limit of ${this.maxBytes}.`);
    this.bodies.push(body);
  }

  receive(): string | undefined {
    return this.bodies.shift();
  }
}

export interface MessageReport {
  messages: number;
  /** Messages that the queue would have refused as they were. */
  tooLarge: number;
  largestBefore: number;
  largestAfter: number;
  bytesBefore: number;
  bytesAfter: number;
  /** Objects that the consumer released once a message was processed. */
  released: number;
}

/** Sends every delivery through the queue, and checks what arrives. */
export async function exchangeMessages(
  store: Store,
  deliveries: readonly Delivery[],
  maxBytes: number,
): Promise<MessageReport> {
  const manager = new StorageManager({ store, outputPrefix: "messages", maxEnvelopeSize: maxBytes });
  const queue = new Queue(maxBytes);
  const report = {
    messages: 0,
    tooLarge: 0,
    largestBefore: 0,
    largestAfter: 0,
    bytesBefore: 0,
    bytesAfter: 0,
    released: 0,
  };
  for (const { id, body } of deliveries) {
    const message = { id, delivery: body, attachment: gzipSync(JSON.stringify(body)) };
    const before = jsonBytes({ ...message, attachment: message.attachment.toString("base64") });
    const after = await produce(manager, queue, message);
    const { arrived, released } = await consume(manager, queue);
    assertArrived(arrived, message);

    report.messages += 1;
    if (before > maxBytes) report.tooLarge += 1;
    report.largestBefore = Math.max(report.largestBefore, before);
    report.largestAfter = Math.max(report.largestAfter, after);
    report.bytesBefore += before;
    report.bytesAfter += after;
    report.released += released;
  }
  return report;
}

/** Sends one message. Its objects are durable before the queue has it. Gives its size in bytes. */
async function produce(manager: StorageManager, queue: Queue, message: Message): Promise<number> {
  const body = JSON.stringify(await manager.dehydrate(message, { scope: message.id }));
  queue.send(body);
  return Buffer.byteLength(body);
}

/** Takes one message, and releases its objects: it will not be read again. */
async function consume(manager: StorageManager, queue: Queue): Promise<{ arrived: Message; released: number }> {
  const body = queue.receive();
  assert.ok(body !== undefined, "the queue is empty");
  const arrived = await manager.hydrate<Message>(JSON.parse(body));
  const { deleted } = await manager.release(arrived.id);
  return { arrived, released: deleted };
}

/** @throws AssertionError unless what arrived is what was sent */
export function assertArrived(arrived: Message, sent: Message): void {
  assert.deepStrictEqual({ ...arrived, attachment: undefined }, { ...asJson(sent), attachment: undefined });
  assert.ok(Buffer.compare(arrived.attachment, sent.attachment) === 0, `the attachment of ${sent.id} has changed`);
}

function asJson(message: Message): object {
  return JSON.parse(JSON.stringify({ ...message, attachment: undefined })) as object;
}
