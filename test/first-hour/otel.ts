// Payloads in a trace: a span for each call, and below it those of what it asked of the store.
import assert from "node:assert/strict";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { MemoryStore, StorageManager } from "coatcheck";
import { otelObserver } from "coatcheck/otel";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

const manager = new StorageManager({ store: new MemoryStore(), observer: otelObserver() });
await trace.getTracer("orders").startActiveSpan("handle order", async (span) => {
  const payload = { text: "a long line\n".repeat(1000) };
  const message = await manager.dehydrate(payload, { scope: "run-42" });
  assert.deepEqual(await manager.hydrate(message), payload);
  span.end();
});

const spans = exporter.getFinishedSpans();
const nameOf = (id: string | undefined) => spans.find((span) => span.spanContext().spanId === id)?.name;
const tree = spans.map(({ name, parentSpanContext }) => `${nameOf(parentSpanContext?.spanId) ?? ""} > ${name}`);
assert.deepEqual(tree, [
  "storage.dehydrate > storage.write",
  "handle order > storage.dehydrate",
  "storage.hydrate > storage.read",
  "handle order > storage.hydrate",
  " > handle order",
]);
assert.doesNotMatch(JSON.stringify(spans.map(({ attributes }) => attributes)), /run-42|outputs/);
