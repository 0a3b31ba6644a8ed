// A real middy: it is of ECMAScript modules only, which jest does not load.
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { MemoryStore, StorageManager } from "coatcheck";
import { middyOffload } from "coatcheck/lambda";

const manager = new StorageManager({ store: new MemoryStore() });
const context = { awsRequestId: "request" } as Context;
const write = middy(async (event: { size: number }) =>
  Promise.resolve({ status: "new", text: "x".repeat(event.size) }),
).use(middyOffload({ manager, keep: ["status"] }));
const read = middy(async (event: { order: { text: string } }) => Promise.resolve(event.order.text.length)).use(
  middyOffload({ manager }),
);
const order = await write({ size: 300_000 }, context);
const length: unknown = await read({ order }, context);
process.stdout.write(JSON.stringify({ status: order.status, packed: JSON.stringify(order).length < 1000, length }));
