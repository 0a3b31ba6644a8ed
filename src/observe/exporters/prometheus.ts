import * as z from "zod/mini";
import type * as Client from "prom-client";
import { hasMethods } from "../../options/fields.js";
import { invalidOptions, parseOptions } from "../../options/parse-options.js";
import type { StorageObserver } from "../observer.js";
import { Measures } from "./measures.js";
import { DEFAULT_BUCKETS, METRICS, type Buckets, type Metric, type MetricName } from "./metrics.js";
import { requirePeer } from "./require-peer.js";

const client = requirePeer("prom-client", "coatcheck/prometheus") as typeof Client;

/** Upper bounds of histograms: durations in seconds, or an object with durations in seconds and sizes in bytes. */
type BucketsOption = readonly number[] | Partial<Buckets>;

/** Options of {@link prometheusObserver}. */
export interface PrometheusObserverOptions {
  /** The registry of the metrics. Several observers may have the same registry, and then share the metrics. */
  registry: Client.Registry;
  /**
   * Upper bounds of the buckets of histograms: a list in seconds, for the durations, or `{ duration, size }` in
   * seconds and bytes. Default: 1 ms to 5 min, 256 B to 256 MiB. The first observer of a registry decides.
   */
  buckets?: BucketsOption | undefined;
  /**
   * Labels that every value gets, such as `{ service: "orders" }`. Observers of one registry must have the same label
   * names.
   */
  labels?: Readonly<Record<string, string>> | undefined;
}

// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
// Names that begin with two underscores belong to the server.
const LABEL_NAME = /^(?:[a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9_]*$/;
const OWN_LABELS = new Set<string>(["le", ...Object.values(METRICS).flatMap(({ labels }) => [...labels])]);

const bounds = z.array(z.number().check(z.positive())).check(
  z.minLength(1),
  z.refine((list) => list.every((bound, index) => index === 0 || bound > list[index - 1]!), "must grow"),
);

const each = z.strictObject({ duration: z.optional(bounds), size: z.optional(bounds) });

/** The option `buckets`, with its defaults. */
const buckets = z.pipe(
  z.optional(z.union([bounds, each], "must be a list of growing numbers, or an object of such lists: duration, size")),
  z.transform((option): Buckets => {
    const given = Array.isArray(option) ? { duration: option } : option;
    return { duration: given?.duration ?? DEFAULT_BUCKETS.duration, size: given?.size ?? DEFAULT_BUCKETS.size };
  }),
);

const schema = z.strictObject({
  registry: z.custom<Client.Registry>(
    hasMethods("registerMetric", "getSingleMetric"),
    "must be a Registry of prom-client",
  ),
  buckets,
  labels: z._default(
    z.record(
      z.string().check(
        z.regex(LABEL_NAME, "must be a name of a Prometheus label"),
        z.refine((name) => !OWN_LABELS.has(name), "is a label that the metrics have already"),
      ),
      z.string(),
    ),
    {},
  ),
});

/**
 * Makes an observer that counts and measures in a registry of prom-client. Pass it to managers, and to stores that
 * have an observer of their own.
 *
 * No path, scope or run becomes a label. `store` is the name of the store, with at most 64 different names.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names every invalid option; also when the registry has other metrics
 *   under these names
 * @example
 * const registry = new Registry();
 * const manager = new StorageManager({ store, observer: prometheusObserver({ registry }) });
 * server.on("request", async (_, response) => response.end(await registry.metrics()));
 */
export function prometheusObserver(options: PrometheusObserverOptions): StorageObserver {
  const { registry, buckets: bounds, labels } = parseOptions(schema, options, "prometheusObserver");
  const names = Object.keys(METRICS) as MetricName[];
  const record = new Map(names.map((name) => [name, recording(name, registry, bounds, labels)]));
  const measures = new Measures();
  return (event) => {
    for (const { metric, value, labels: measured } of measures.of(event))
      record.get(metric)?.({ ...measured, ...labels }, value);
  };
}

type Recording = (labels: Record<string, string>, value: number) => void;

/** Returns the function that records a value of a metric. It uses the metric of the registry, or makes a new one. */
function recording(
  name: MetricName,
  registry: Client.Registry,
  bounds: Buckets,
  labels: Readonly<Record<string, string>>,
): Recording {
  const { kind, help, labels: own, unit }: Metric = METRICS[name];
  const labelNames = [...own, ...Object.keys(labels)];
  const found = existing(name, registry, kind, labelNames);
  const settings = { name, help, labelNames, registers: [registry] };
  if (kind === "counter") {
    const counter = (found ?? new client.Counter(settings)) as Client.Counter;
    return (given, value) => counter.inc(given, value);
  }
  if (kind === "gauge") {
    const gauge = (found ?? new client.Gauge(settings)) as Client.Gauge;
    return (given, value) => gauge.set(given, value);
  }
  const limits = [...(unit === "s" ? bounds.duration : bounds.size)];
  const histogram = (found ?? new client.Histogram({ ...settings, buckets: limits })) as Client.Histogram;
  return (given, value) => histogram.observe(given, value);
}

const METHODS = { counter: "inc", gauge: "set", histogram: "observe" } as const;

/** @throws {StorageError} `CONFIG_INVALID` when another metric has the name, or the metric has other labels */
function existing(
  name: string,
  registry: Client.Registry,
  kind: Metric["kind"],
  labelNames: readonly string[],
): unknown {
  const found: unknown = registry.getSingleMetric(name);
  if (found === undefined) return undefined;
  const { labelNames: others } = found as { labelNames?: unknown };
  const isSame = Array.isArray(others) && String(others.toSorted()) === String(labelNames.toSorted());
  if (hasMethods(METHODS[kind])(found) && isSame) return found;
  const labels = labelNames.join(", ") || "none";
  const problem = `registry: has another ${name}; its kind must be ${kind}, its labels ${labels}`;
  throw invalidOptions("prometheusObserver", problem);
}
