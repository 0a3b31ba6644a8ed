import fc from "fast-check";
import { brotli, gzip } from "../../../src/index.js";
import { rules, type AttributeValue, type MessageOffloaderOptions, type Wire } from "../../../src/adapters/messages.js";
import { offloading } from "./messages.js";

const LIMIT = 4096;
const RUNS = Number(process.env["MESSAGE_RUNS"] ?? 60);

const filled = (unit: fc.Arbitrary<string>) =>
  fc.tuple(unit, fc.integer({ min: 0, max: 3 * LIMIT })).map(([text, length]) => text.padEnd(length, text || "x"));

const json = fc.oneof(
  fc.json(),
  fc
    .dictionary(
      fc.constantFrom(
        "$storageRef",
        "$storageEnvelope",
        "$storageBody",
        "$bubuStorageRef",
        "5",
        "__proto__",
        "a",
        "type",
      ),
      fc.oneof(fc.jsonValue(), filled(fc.string())),
    )
    .map((value) => JSON.stringify(value)),
  fc.array(filled(fc.string())).map((value) => JSON.stringify(value)),
);

// JSON as nobody prints it.
const otherJson = fc.oneof(
  json.map((text) => ` ${text}\n`),
  json.map((text) => `{"a":1.0,"a":${text}}`),
  filled(fc.constant("")).map((text) => `{"a":"\\u0041${text}"}`),
  fc.constantFrom("-0", "1e400", "[1,]", "", "null", '"\\ud800"', '{"a":"\ud800"}'),
);

const forged = fc
  .tuple(
    fc.constantFrom('{"$storageEnvelope":{"v":1,"form":"text","size":1}', '{"$storageEnvelope":'),
    json,
    filled(fc.string()),
  )
  .map(([head, inner, more]) => `${head},"$storageBody":${inner},"more":${JSON.stringify(more)}}`);

const text = fc.oneof(
  filled(fc.string({ unit: "binary", maxLength: 50 })),
  fc.constant("\ud800").map((unit) => unit.repeat(2 * LIMIT)),
);
const bodies = fc.oneof(json, otherJson, forged, text);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  filled(fc.constant("\u00ff")).map((latin) => new Uint8Array(Buffer.from(latin, "latin1"))),
  fc
    .oneof(json, otherJson, forged)
    .filter((body) => body.isWellFormed())
    .map((body) => new Uint8Array(Buffer.from(body))),
  forged.map((body) => new Uint8Array([...Buffer.from(body), 10, 0xff])),
);

const withKept = fc
  .tuple(fc.jsonValue({ maxDepth: 1 }), filled(fc.string()), fc.integer({ min: 0, max: 300 }))
  .filter(([kept]) => JSON.stringify(kept).length < 300)
  .map(([kept, long, count]) =>
    JSON.stringify({
      kept,
      long,
      ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i])),
      other: "x",
    }),
  );

const name = fc.oneof(
  fc.constantFrom("coatcheck", "traceparent", "naïve", "名前"),
  fc.string({ minLength: 1, maxLength: 20 }),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.integer(),
  fc.boolean(),
  fc.uint8Array({ maxLength: 40 }),
  fc.record({ type: fc.constantFrom("Number.int", "Binary.png"), value: fc.string({ maxLength: 10 }) }),
);
const attributes = fc.array(fc.tuple(name, value), { maxLength: 10 }).map((entries) => new Map(entries));

const exact = (body: Wire["body"]) => (typeof body === "string" ? body : Buffer.from(body).toString("hex"));

async function comesBack(options: Partial<MessageOffloaderOptions>, message: Wire) {
  const { offloader, manager, store } = offloading({ limit: LIMIT, rules: rules.sqs, ...options });
  const packed = await offloader.pack(message);
  expect(rules.sqs.size(packed)).toBe(packed.size);
  expect(packed.size).toBeLessThanOrEqual(LIMIT);
  if (rules.sqs.size(message) <= LIMIT && !Buffer.from(message.body).toString().startsWith('{"$storageEnvelope":')) {
    if ((options.over ?? LIMIT) === LIMIT) expect(packed.body).toBe(message.body);
  }
  expect(packed.attributes.size).toBeLessThanOrEqual(10);
  const opened = await offloader.unpack({ body: packed.body, attributes: packed.attributes });
  expect(exact(opened.body)).toBe(exact(message.body));
  expect([...opened.attributes]).toEqual([...message.attributes]);
  await offloader.settle(packed);
  const left = [];
  for await (const { path } of store.list("")) left.push(path);
  expect(left).toEqual([]);
  await manager.close();
}

describe("a message that was packed", () => {
  it.each([
    ["text", bodies, {}],
    ["text, compressed", bodies, { compress: gzip({ minSize: 0 }) }],
    ["text, with keys to be kept", withKept, { keep: ["kept", "other", "not there"] }],
    ["bytes", bytes, {}],
    ["bytes, compressed", bytes, { compress: brotli() }],
    ["bytes, smaller than they could be", bytes, { over: 1500 }],
  ])("comes back byte for byte, within the limit: %s", async (_, body: fc.Arbitrary<Wire["body"]>, options) => {
    await fc.assert(
      fc.asyncProperty(body, attributes, (one, other) => comesBack(options, { body: one, attributes: other })),
      { numRuns: RUNS },
    );
  });
});
