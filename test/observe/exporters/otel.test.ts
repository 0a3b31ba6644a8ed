import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { context, metrics, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { MemoryStore, StorageManager, withRetry, type StorageManagerOptions } from "../../../src/index.js";
import { otelObserver } from "../../../src/otel.js";
import { StorageError } from "../../../src/errors/error.js";
import { METRICS } from "../../../src/observe/exporters/metrics.js";
import { failureOf, thrownBy } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { TappedStore, type Tap } from "../../support/tapped-store.js";
import { collected } from "./collected.js";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterAll(() => {
  context.disable();
  trace.disable();
  metrics.disable();
});

function sdk() {
  const spans = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const measured = async () => {
    await reader.forceFlush();
    const found = exporter.getMetrics().at(-1)!.scopeMetrics[0]!.metrics;
    await meters.shutdown();
    return new Map(found.map((data) => [data.descriptor.name, data]));
  };
  return { spans, provider, meters, measured, tracer: provider.getTracer("test"), meter: meters.getMeter("test") };
}

type Sdk = ReturnType<typeof sdk>;

const managerOver = ({ tracer, meter }: Sdk, options: StorageManagerOptions) =>
  new StorageManager({ ...options, observer: otelObserver({ tracer, meter }) });

/** The finished spans, each as the path of names that leads to it. */
function trees(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const pathOf = (span: ReadableSpan): string => {
    const parent = byId.get(span.parentSpanContext?.spanId ?? "");
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
  };
  return spans.map(pathOf).sort();
}

describe("the spans of otelObserver", () => {
  it("are parents of those of the operations in them", async () => {
    const test = sdk();
    const manager = managerOver(test, { store: new MemoryStore(), pack: false });
    const message = await test.tracer.startActiveSpan("request", async (span) => {
      const dehydrated = await manager.dehydrate([longText("a"), longText("b")]);
      span.end();
      return dehydrated;
    });
    await Promise.all([manager.hydrate(message), manager.release("none")]);
    expect(trees(test.spans.getFinishedSpans())).toEqual([
      "request",
      "request > storage.dehydrate",
      "request > storage.dehydrate > storage.write",
      "request > storage.dehydrate > storage.write",
      "storage.hydrate",
      "storage.hydrate > storage.read",
      "storage.hydrate > storage.read",
      "storage.release",
    ]);
  });

  it("are INTERNAL, say how the operation ended, and nothing that has many values but numbers", async () => {
    const test = sdk();
    const manager = managerOver(test, { store: new MemoryStore() });
    const message = await manager.dehydrate(longText("a"), { scope: "run-42/step", stepRunId: "run-42" });
    await manager.release("run-42/step");
    await failureOf(manager.hydrate(message));
    const spans = test.spans.getFinishedSpans();
    expect(spans.map(({ kind }) => kind)).toEqual(spans.map(() => SpanKind.INTERNAL));
    const [write, dehydrate] = spans;
    expect(write!.attributes).toEqual({ "storage.store": "memory", "storage.bytes": 1531, "storage.objects": 1 });
    expect(dehydrate!.attributes).toMatchObject({ "storage.bytes": 1502, "storage.entries": 1, "storage.objects": 1 });
    expect(dehydrate!.status.code).toBe(SpanStatusCode.UNSET);
    const failed = spans.at(-1)!;
    expect([failed.name, failed.status.code, failed.attributes["error.type"]]).toEqual([
      "storage.hydrate",
      SpanStatusCode.ERROR,
      "NOT_FOUND",
    ]);
    const told = JSON.stringify(spans.map(({ attributes, events, status }) => [attributes, events, status]));
    for (const secret of ["run-42", "outputs"]) expect(told).not.toContain(secret);
  });

  it("have what happens inside of a store as events", async () => {
    const test = sdk();
    let failures = 1;
    const tap: Tap = ({ operation }, proceed) =>
      operation === "write" && failures-- > 0 ? Promise.reject(new StorageError("TIMEOUT", "late")) : proceed();
    const store = withRetry(new TappedStore(tap), { baseDelay: 0 });
    await managerOver(test, { store }).dehydrate(longText("a"));
    const [write] = test.spans.getFinishedSpans();
    expect([write!.name, write!.events.map(({ name, attributes }) => [name, attributes?.["error.type"]])]).toEqual([
      "storage.write",
      [["storage.retry", "TIMEOUT"]],
    ]);
    const retries = (await test.measured()).get("storage_retries_total")!;
    expect(retries.dataPoints).toMatchObject([
      { value: 1, attributes: { operation: "write", store: "tapped", code: "TIMEOUT" } },
    ]);
  });

  it("cover a listing, whose steps run in them", async () => {
    const test = sdk();
    const seen: (string | undefined)[] = [];
    const store = new TappedStore(({ operation }, proceed) => {
      const active = trace.getActiveSpan() as unknown as ReadableSpan | undefined;
      if (operation === "entry") seen.push(active?.name);
      return proceed();
    });
    await store.write("a", "a");
    for await (const { path } of managerOver(test, { store }).list("")) {
      expect([path, trace.getActiveSpan()]).toEqual(["a", undefined]);
    }
    expect(seen).toEqual(["storage.list", "storage.list"]);
    expect(trees(test.spans.getFinishedSpans())).toEqual(["storage.list"]);
  });

  it("are those of the global provider by default", async () => {
    const test = sdk();
    const manager = new StorageManager({ observer: otelObserver() });
    trace.setGlobalTracerProvider(test.provider);
    metrics.setGlobalMeterProvider(test.meters);
    await manager.dehydrate(1);
    expect(trees(test.spans.getFinishedSpans())).toEqual(["storage.dehydrate"]);
    expect([...(await test.measured()).keys()]).toContain("storage_operations_total");
  });
});

describe("an HTTP request of a store", () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      incoming.resume().on("end", () => response.end(String(incoming.headers["traceparent"])));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("has its span below that of the operation", async () => {
    const test = sdk();
    const sent: string[] = [];
    // As the instrumentation of node:http does: a span of the active context, whose ids the request carries.
    const put = async (): Promise<void> => {
      const { port } = server.address() as AddressInfo;
      const span = test.tracer.startSpan("PUT", { kind: SpanKind.CLIENT }, context.active());
      const { traceId, spanId } = span.spanContext();
      const headers = { traceparent: `00-${traceId}-${spanId}-01` };
      const outgoing = request({ port, host: "127.0.0.1", method: "PUT", headers }).end("body");
      const [response] = (await once(outgoing, "response")) as [NodeJS.ReadableStream];
      for await (const chunk of response) sent.push(String(chunk));
      span.end();
    };
    const tap: Tap = async ({ operation }, proceed) => {
      if (operation === "write") await put();
      return proceed();
    };
    const manager = managerOver(test, { store: withRetry(new TappedStore(tap)), pack: false });
    await Promise.all([manager.dehydrate(longText("a")), manager.writeBlob("b", "b")]);
    const spans = test.spans.getFinishedSpans();
    expect(trees(spans)).toEqual([
      "storage.dehydrate",
      "storage.dehydrate > storage.write",
      "storage.dehydrate > storage.write > PUT",
      "storage.write",
      "storage.write > PUT",
    ]);
    const traces = new Set(spans.map((span) => span.spanContext().traceId));
    expect(new Set(sent.map((header) => header.split("-")[1]))).toEqual(traces);
    expect(traces.size).toBe(2);
  });
});

describe("the metrics of otelObserver", () => {
  it("have the names and units of those of Prometheus", async () => {
    const test = sdk();
    const observer = otelObserver({ tracer: test.tracer, meter: test.meter });
    const manager = new StorageManager({ store: new MemoryStore(), observer });
    await manager.hydrate(await manager.dehydrate(longText("a"), { scope: "run-42" }));
    for (const operation of ["cache_hit", "retry"] as const) {
      const event = {
        operation,
        store: "memory",
        outcome: "success",
        bytes: 0,
        durationMs: 0,
        during: "read",
      } as const;
      observer.start(operation, {})(event);
    }
    observer.start("collect", {})(collected());
    const found = await test.measured();
    const units = Object.fromEntries([...found].map(([name, { descriptor }]) => [name, descriptor.unit]));
    expect(units).toEqual(Object.fromEntries(Object.entries(METRICS).map(([name, { unit }]) => [name, unit])));
    const points = (name: string) => (found.get(name) as MetricData).dataPoints;
    expect(points("storage_operations_total")).toMatchObject([
      { value: 1, attributes: { operation: "write", store: "memory", outcome: "success" } },
      { value: 1, attributes: { operation: "dehydrate", store: "memory", outcome: "success" } },
      { value: 1, attributes: { operation: "read", store: "memory", outcome: "success" } },
      { value: 1, attributes: { operation: "hydrate", store: "memory", outcome: "success" } },
      { value: 1, attributes: { operation: "collect", store: "memory", outcome: "success" } },
    ]);
    expect(points("storage_bytes_transferred")).toMatchObject([{ value: 1531 }, { value: 1531 }]);
    expect(points("storage_gc_deleted_bytes_total")).toMatchObject([{ value: 700 }]);
    expect(points("storage_dehydration_size_bytes")).toMatchObject([{ value: { sum: 1502, count: 1 } }]);
    expect(JSON.stringify([...found.values()])).not.toContain("run-42");
  });
});

describe("the options of otelObserver", () => {
  it.each<[string, object]>([
    ["meter", { meter: {} }],
    ["tracer", { tracer: () => 1 }],
    ["options", { registry: 1 }],
  ])("name what is wrong: %s", (field, options) => {
    const error = thrownBy(() => otelObserver(options));
    expect([error.code, error.message]).toEqual(["CONFIG_INVALID", expect.stringContaining(field)]);
  });
});
