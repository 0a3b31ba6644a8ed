import { amqpOffload, rabbitHandler } from "../src/adapters/amqp.js";
import { openParent } from "../src/adapters/jobs.js";
import { consumerOptions, settleAfterDelete, sqsOffload } from "../src/adapters/sqs.js";
import { azureScheme } from "../src/azure.js";
import { gcsScheme } from "../src/gcs.js";
import {
  isStorageError,
  MemoryStore,
  openValue,
  packValue,
  renderHtml,
  renderSvg,
  RoutingStore,
  StorageManager,
} from "../src/index.js";
import { s3Scheme } from "../src/s3.js";
import { failureOf } from "./support/failure.js";

// Programs without types pass anything. What they pass is refused as CONFIG_INVALID, and never a bare TypeError.

const manager = new StorageManager({ store: new MemoryStore() });
const options = { manager, channel: "orders", ttl: 86_400_000 };
const sqs = sqsOffload(options);
const amqp = amqpOffload(options);
const handler = () => Promise.resolve(undefined);

type Call = (given: never) => unknown;

const CALLS: Record<string, readonly [call: Call, says: string]> = {
  "a plan of renderSvg": [(given) => renderSvg(given), "plan: must be what manager.plan(payload) returned"],
  "a plan of renderHtml": [(given) => renderHtml(given), "plan: must be what manager.plan(payload) returned"],
  "a manager of packValue": [(given) => packValue(given, 1), "manager: must be a StorageManager"],
  "a manager of openValue": [(given) => openValue(given, 1), "manager: must be a StorageManager"],
  "a manager of openParent": [(given) => openParent(given, { parentOutput: handler }, 1), "must be a StorageManager"],
  "a context of openParent": [(given) => openParent(manager, given, 1), "context: must be"],
  "an offload of consumerOptions": [(given) => consumerOptions(given, { handleMessage: handler }), "what sqsOffload"],
  "a handler of consumerOptions": [(given) => consumerOptions(sqs, given), "handler: must be"],
  "an offload of settleAfterDelete": [(given) => settleAfterDelete(given, { on: handler }), "what sqsOffload"],
  "a consumer of settleAfterDelete": [(given) => settleAfterDelete(sqs, given), "consumer: must be"],
  "an offload of rabbitHandler": [(given) => rabbitHandler(given, handler), "what amqpOffload returned"],
};

const NOTHING_RIGHT: readonly unknown[] = [undefined, null, 1, "", "text", Symbol("s"), {}, [], new Date()];

it.each(Object.keys(CALLS))("%s is refused when it is something else", async (name) => {
  const [call, says] = CALLS[name]!;
  for (const given of NOTHING_RIGHT) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    expect(error.message).toContain(says);
  }
});

it("a handler of rabbitHandler is refused when it is no function", async () => {
  const error = await failureOf(Promise.resolve().then(() => rabbitHandler(amqp, {} as never)));
  expect(error.message).toContain("handler: must be a function");
});

describe.each([
  ["s3Scheme", s3Scheme, { clientConfig: { endpoint: "no url" } }],
  ["gcsScheme", gcsScheme, { clientConfig: { apiEndpoint: "ftp://host" } }],
  ["azureScheme", azureScheme, { accountUrl: "no url" }],
])("%s", (_, scheme, wrong) => {
  const refusal = (given: unknown) => failureOf(Promise.resolve().then(() => scheme(given as never)));

  it("refuses wrong options when they are given, not at the first read", async () => {
    for (const given of [null, 1, "text", [], { bukcet: "b" }, { timeout: -1 }, wrong]) {
      expect(isStorageError(await refusal(given), "CONFIG_INVALID")).toBe(true);
    }
  });

  it("takes what its stores take", () => {
    for (const given of [undefined, {}, { prefix: "below" }]) expect(scheme(given)).toBeInstanceOf(Function);
  });
});

it("azureScheme takes a credential without an account, which paths name", () => {
  const credential = { getToken: () => Promise.resolve(null) };
  expect(azureScheme({ credential })).toBeInstanceOf(Function);
  expect(azureScheme({ presign: true })).toBeInstanceOf(Function);
});

it.each<[string, { list(prefix: string): AsyncIterable<unknown> }]>([
  ["a manager", manager],
  ["a RoutingStore", new RoutingStore({ primary: new MemoryStore() })],
])("a prefix of list that is no text is refused by %s", async (_, lister) => {
  for (const prefix of [Symbol("s"), Object.create(null), 1, null, undefined]) {
    const listing = lister.list(prefix as never)[Symbol.asyncIterator]();
    expect(await failureOf(listing.next())).toMatchObject({ code: "INVALID_PATH" });
  }
});
