import * as z from "zod/mini";
import type * as Api from "@opentelemetry/api";
import { hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { OBSERVED_OPERATIONS, type StorageEvent } from "../event.js";
import type { OperationEnd, OperationObserver } from "../observer.js";
import { Measures } from "./measures.js";
import { DEFAULT_BUCKETS, METRICS, type Metric, type MetricName } from "./metrics.js";
import { requirePeer } from "./require-peer.js";

const api = requirePeer("@opentelemetry/api", "coatcheck/otel") as typeof Api;

/** Options of {@link otelObserver}. */
export interface OtelObserverOptions {
  /** Makes the metrics. Default: the meter of the global provider at the time when the first operation ends. */
  meter?: Api.Meter | undefined;
  /** Makes the spans. Default: the tracer of the global provider. */
  tracer?: Api.Tracer | undefined;
}

const NAME = "coatcheck";

const schema = z.strictObject({
  meter: z.optional(
    z.custom<Api.Meter>(hasMethods("createCounter", "createHistogram", "createGauge"), "must be a Meter"),
  ),
  tracer: z.optional(z.custom<Api.Tracer>(hasMethods("startSpan"), "must be a Tracer")),
});

const OPERATIONS: ReadonlySet<string> = new Set(OBSERVED_OPERATIONS);

/**
 * Makes an observer that records a span for every operation, and the metrics, with OpenTelemetry.
 *
 * Spans are `storage.dehydrate`, `storage.write` and so on, of kind `INTERNAL`. A span is active while its operation
 * runs. So spans of the store, and of its HTTP client, are its children. A failure has the status `ERROR`, and its
 * code as `error.type`. An event inside a store, such as a retry, becomes an event of the span. No path, scope or run
 * is in an attribute.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names every invalid option
 * @example
 * const manager = new StorageManager({ store, observer: otelObserver() });
 */
export function otelObserver(options: OtelObserverOptions = {}): OperationObserver {
  const given = parseOptions(schema, options, "otelObserver");
  const tracer = given.tracer ?? api.trace.getTracer(NAME);
  const measures = new Measures();
  let record: Record<MetricName, Recording> | undefined;
  const measure = (event: StorageEvent, context: Api.Context): void => {
    record ??= instruments(given.meter ?? api.metrics.getMeter(NAME));
    for (const { metric, value, labels } of measures.of(event)) record[metric](value, labels, context);
  };
  return {
    start(operation, { store }): OperationEnd {
      const outer = api.context.active();
      if (!OPERATIONS.has(operation)) {
        return (event) => {
          api.trace.getSpan(outer)?.addEvent(`storage.${operation}`, attributesOf(event));
          measure(event, outer);
        };
      }
      const attributes = store === undefined ? {} : { "storage.store": store };
      const span = tracer.startSpan(`storage.${operation}`, { kind: api.SpanKind.INTERNAL, attributes }, outer);
      const inner = api.trace.setSpan(outer, span);
      const end = (event: StorageEvent): void => {
        span.setAttributes(attributesOf(event));
        if (event.outcome === "error") span.setStatus({ code: api.SpanStatusCode.ERROR, message: event.code ?? "" });
        span.end();
        measure(event, inner);
      };
      return Object.assign(end, { run: <T>(work: () => T): T => api.context.with(inner, work) });
    },
  };
}

/** Returns the attributes of a span: numbers, and strings with few different values. */
function attributesOf({ outcome, code, ...event }: StorageEvent): Api.Attributes {
  const attributes = {
    "error.type": outcome === "error" ? (code ?? "UNEXPECTED") : undefined,
    "storage.store": event.store,
    "storage.bytes": event.bytes,
    "storage.inline_bytes": event.inlineBytes,
    "storage.entries": event.entries,
    "storage.objects": event.objects,
    "storage.during": event.during,
    "storage.replica": event.replica,
    "storage.option": event.option,
    "storage.attempt": event.attempt,
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

type Recording = (value: number, attributes: Api.Attributes, context: Api.Context) => void;

function instruments(meter: Api.Meter): Record<MetricName, Recording> {
  const names = Object.keys(METRICS) as MetricName[];
  return Object.fromEntries(names.map((name) => [name, instrument(meter, name)])) as Record<MetricName, Recording>;
}

function instrument(meter: Api.Meter, name: MetricName): Recording {
  const { kind, help: description, unit }: Metric = METRICS[name];
  if (kind === "counter") {
    const counter = meter.createCounter(name, { description, unit });
    return (value, attributes, context) => counter.add(value, attributes, context);
  }
  if (kind === "gauge") {
    const gauge = meter.createGauge(name, { description, unit });
    return (value, attributes, context) => gauge.record(value, attributes, context);
  }
  const explicitBucketBoundaries = [...(unit === "s" ? DEFAULT_BUCKETS.duration : DEFAULT_BUCKETS.size)];
  const histogram = meter.createHistogram(name, { description, unit, advice: { explicitBucketBoundaries } });
  return (value, attributes, context) => histogram.record(value, attributes, context);
}
