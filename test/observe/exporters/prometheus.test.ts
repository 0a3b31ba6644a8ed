import { Counter, Histogram, Registry } from "prom-client";
import { MemoryStore, StorageManager, TieredStore, withRetry, type StorageEvent } from "../../../src/index.js";
import { prometheusObserver, type PrometheusObserverOptions } from "../../../src/prometheus.js";
import { StorageError } from "../../../src/errors/error.js";
import { failureOf, thrownBy } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { TappedStore } from "../../support/tapped-store.js";
import { collected } from "./collected.js";

function observed(options: Partial<PrometheusObserverOptions> = {}) {
  const registry = options.registry ?? new Registry();
  const observer = prometheusObserver({ ...options, registry });
  /** The lines of a metric as they are scraped, without the ones of buckets. */
  const lines = async (name: string) => {
    const text = await registry.getSingleMetricAsString(name);
    return text.split("\n").filter((line) => line !== "" && !line.startsWith("#") && !line.includes("_bucket"));
  };
  return { registry, observer, lines };
}

const event = (given: Partial<StorageEvent>): StorageEvent => ({
  operation: "read",
  store: "memory",
  outcome: "success",
  bytes: 0,
  durationMs: 0,
  ...given,
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe("the metrics in prom-client", () => {
  it("have the names, types and labels that dashboards go by", async () => {
    const { registry } = observed();
    const found = await registry.getMetricsAsJSON();
    expect(found.map(({ name, type }) => `${type} ${name}`)).toEqual([
      "counter storage_operations_total",
      "histogram storage_operation_duration_seconds",
      "counter storage_bytes_transferred",
      "histogram storage_dehydration_size_bytes",
      "histogram storage_hydration_size_bytes",
      "counter storage_cache_requests_total",
      "counter storage_retries_total",
      "counter storage_gc_objects_total",
      "counter storage_gc_deleted_bytes_total",
      "gauge storage_gc_last_success_timestamp_seconds",
    ]);
    for (const { help } of found) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  it("count and measure what a manager does, in seconds and bytes", async () => {
    const { registry, observer, lines } = observed();
    const manager = new StorageManager({ store: new MemoryStore(), observer });
    const message = await manager.dehydrate(longText("a"), { scope: "run-42/step", stepRunId: "run-42" });
    await manager.hydrate(message);
    await failureOf(manager.readBlob("outputs/missing"));
    expect(await lines("storage_operations_total")).toEqual([
      'storage_operations_total{operation="write",store="memory",outcome="success"} 1',
      'storage_operations_total{operation="dehydrate",store="memory",outcome="success"} 1',
      'storage_operations_total{operation="read",store="memory",outcome="success"} 1',
      'storage_operations_total{operation="hydrate",store="memory",outcome="success"} 1',
      'storage_operations_total{operation="read",store="memory",outcome="error",code="NOT_FOUND"} 1',
    ]);
    expect(await lines("storage_bytes_transferred")).toEqual([
      'storage_bytes_transferred{operation="write",store="memory"} 1531',
      'storage_bytes_transferred{operation="read",store="memory"} 1531',
    ]);
    expect(await lines("storage_dehydration_size_bytes")).toEqual([
      'storage_dehydration_size_bytes_sum{store="memory"} 1502',
      'storage_dehydration_size_bytes_count{store="memory"} 1',
    ]);
    expect(await lines("storage_hydration_size_bytes")).toContain(
      'storage_hydration_size_bytes_sum{store="memory"} 1531',
    );
    observer(event({ durationMs: 1500, operation: "list" }));
    expect(await lines("storage_operation_duration_seconds")).toContain(
      'storage_operation_duration_seconds_sum{operation="list",store="memory",outcome="success"} 1.5',
    );
    const all = await registry.metrics();
    for (const secret of ["run-42", "outputs", "step", longText("a").slice(0, 20)]) expect(all).not.toContain(secret);
  });

  it("count what caches answer, and attempts that are repeated", async () => {
    const { observer, lines } = observed();
    let failures = 2;
    const flaky = new TappedStore(({ operation }, proceed) => {
      if (operation === "write" && failures-- > 0) return Promise.reject(new StorageError("THROTTLED", "slow down"));
      return proceed();
    });
    const remote = withRetry(flaky, { baseDelay: 0 });
    const manager = new StorageManager({ store: new TieredStore({ remote }), observer });
    await manager.writeBlob("a", "a");
    await manager.readBlob("a");
    observer(event({ operation: "cache_miss", entries: 3 }));
    observer(event({ operation: "cache_stale", outcome: "error", code: "UNAVAILABLE" }));
    expect(await lines("storage_retries_total")).toEqual([
      'storage_retries_total{operation="write",store="tapped",code="THROTTLED"} 2',
    ]);
    expect(await lines("storage_cache_requests_total")).toEqual([
      'storage_cache_requests_total{result="hit"} 1',
      'storage_cache_requests_total{result="miss"} 3',
      'storage_cache_requests_total{result="stale"} 1',
    ]);
  });

  it("tell what a collection did, and when one last ended well", async () => {
    const { observer, lines } = observed();
    const now = jest.spyOn(Date, "now").mockReturnValue(1_800_000_000_500);
    observer(collected());
    now.mockReturnValue(1_900_000_000_000);
    observer(collected({ outcome: "error", code: "ABORTED", bytes: 100, results: { deleted: 1 } }));
    observer(collected({ dryRun: true }));
    observer(collected({ skipped: true }));
    expect(await lines("storage_gc_objects_total")).toEqual([
      'storage_gc_objects_total{result="deleted"} 8',
      'storage_gc_objects_total{result="failed"} 1',
      'storage_gc_objects_total{result="unexpired"} 3',
      'storage_gc_objects_total{result="live"} 2',
    ]);
    expect(await lines("storage_gc_deleted_bytes_total")).toEqual(["storage_gc_deleted_bytes_total 800"]);
    expect(await lines("storage_gc_last_success_timestamp_seconds")).toEqual([
      "storage_gc_last_success_timestamp_seconds 1800000000.5",
    ]);
    expect(await lines("storage_operations_total")).toHaveLength(2);
  });

  it("have few label values, whatever events say", async () => {
    const { registry, observer } = observed();
    for (let index = 0; index < 1000; index++) {
      const made = `made-up-${index}`;
      observer(event({ operation: made as "read", store: made }));
      observer(event({ store: made, outcome: "error", code: made as "TIMEOUT", scope: made, stepRunId: made }));
      observer(event({ operation: "retry", store: made, outcome: "error", code: made as "TIMEOUT", during: made }));
      observer(collected({ store: made, results: { [made]: 1 } }));
    }
    const series = (await registry.metrics()).split("\n").filter((line) => !line.startsWith("#"));
    expect(series.length).toBeLessThan(7000);
    expect(series.join("\n")).toContain('{operation="read",store="other",outcome="error",code="UNEXPECTED"}');
    const before = series.length;
    observer(event({ store: "one more", outcome: "error", code: "TIMEOUT" }));
    observer(event({ store: "and another", outcome: "error", code: "TIMEOUT" }));
    expect((await registry.metrics()).split("\n").filter((line) => !line.startsWith("#"))).toHaveLength(before + 1);
  });

  it("take no harm from values that are none", async () => {
    const { observer, lines } = observed();
    observer(event({ bytes: NaN, durationMs: -1 }));
    observer(event({ bytes: 5 }));
    expect(await lines("storage_bytes_transferred")).toEqual([
      'storage_bytes_transferred{operation="read",store="memory"} 5',
    ]);
    expect(await lines("storage_operations_total")).toEqual([
      'storage_operations_total{operation="read",store="memory",outcome="success"} 2',
    ]);
  });
});

describe("the options of prometheusObserver", () => {
  it("let two observers share the metrics of a registry, each with values of its labels", async () => {
    const { registry, observer, lines } = observed({ labels: { service: "orders" } });
    const other = observed({ registry, labels: { service: "billing" }, buckets: [1] });
    observer(event({ bytes: 1 }));
    other.observer(event({ bytes: 2 }));
    expect(await lines("storage_bytes_transferred")).toEqual([
      'storage_bytes_transferred{operation="read",store="memory",service="orders"} 1',
      'storage_bytes_transferred{operation="read",store="memory",service="billing"} 2',
    ]);
  });

  it.each([
    ["in seconds", [0.5, 1], ["0.5", "1", "+Inf"], 12],
    ["of both kinds", { duration: [2], size: [10, 20] }, ["2", "+Inf"], 3],
    ["by default", undefined, expect.arrayContaining(["0.001", "300"]), 12],
  ])("set the buckets %s", async (_, buckets, durations, sizes) => {
    const { registry, observer } = observed({ buckets });
    observer(event({ operation: "hydrate", bytes: 15 }));
    const text = await registry.metrics();
    const bounds = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}_bucket{le="(.*?)"`, "gm"))].map(([, le]) => le);
    expect(bounds("storage_operation_duration_seconds")).toEqual(durations);
    expect(bounds("storage_hydration_size_bytes")).toHaveLength(sizes);
  });

  it.each<[string, object]>([
    ["registry", {}],
    ["registry", { registry: {} }],
    ["buckets", { buckets: [] }],
    ["buckets", { buckets: [2, 1] }],
    ["buckets", { buckets: { seconds: [1] } }],
    ["labels", { labels: { "not-a-name": "a" } }],
    ["labels", { labels: { __name__: "a" } }],
    ["labels.store", { labels: { store: "a" } }],
    ["labels.le", { labels: { le: "a" } }],
    ["labels.service", { labels: { service: 1 } }],
    ["options", { prefix: "a" }],
  ])("name what is wrong: %s in %j", (field, options) => {
    const registry = field === "registry" ? {} : { registry: new Registry() };
    const error = thrownBy(() => prometheusObserver({ ...registry, ...options } as never));
    expect([error.code, error.message]).toEqual(["CONFIG_INVALID", expect.stringContaining(field)]);
  });

  it("refuse a registry that has something else under a name", () => {
    const name = "storage_retries_total";
    const labelNames = ["operation", "store", "code"];
    const others: ((registers: Registry[]) => unknown)[] = [
      (registers) => new Histogram({ name, help: "a", registers, labelNames }),
      (registers) => new Counter({ name, help: "a", registers, labelNames: ["operation"] }),
    ];
    for (const register of others) {
      const registry = new Registry();
      register([registry]);
      expect(thrownBy(() => prometheusObserver({ registry }))).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("registry: has another storage_"),
      });
    }
    const { registry } = observed();
    expect(thrownBy(() => prometheusObserver({ registry, labels: { service: "a" } })).code).toBe("CONFIG_INVALID");
  });
});
