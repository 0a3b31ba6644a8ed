import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { parse } from "yaml";
import { MemoryStore, StorageManager, TieredStore, type StorageEvent } from "../../src/index.js";
import { prometheusObserver } from "../../src/prometheus.js";
import { STORAGE_ERROR_CODES } from "../../src/errors/error.js";
import { COLLECT_RESULTS, OBSERVED_OPERATIONS } from "../../src/observe/event.js";
import { collected } from "../observe/exporters/collected.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { queryProblems, type Exported } from "./promql.js";

interface Dashboard {
  panels: { title: string; targets?: { expr: string; legendFormat: string }[]; gridPos: Record<string, number> }[];
  templating: { list: { name: string; type: string; definition?: string }[] };
}

interface Rules {
  groups: {
    rules: { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> }[];
  }[];
}

const dashboard = JSON.parse(readFileSync("docs/observability/grafana.json", "utf8")) as Dashboard;
const { groups } = parse(readFileSync("docs/observability/alerts.yaml", "utf8")) as Rules;
const rules = groups.flatMap((group) => group.rules);
const targets = dashboard.panels.flatMap(({ title, targets: queries }) =>
  (queries ?? []).map((query) => ({ title, ...query })),
);

const VALUES: Record<string, readonly string[]> = {
  operation: OBSERVED_OPERATIONS,
  outcome: ["success", "error"],
  code: STORAGE_ERROR_CODES,
};
const RESULTS: Record<string, readonly string[]> = {
  storage_cache_requests_total: ["hit", "miss", "stale"],
  storage_gc_objects_total: COLLECT_RESULTS,
};

/** What is scraped once everything has happened that there are metrics of. */
async function scraped(): Promise<Exported> {
  const registry = new Registry();
  const observer = prometheusObserver({ registry });
  const manager = new StorageManager({ store: new TieredStore({ remote: new MemoryStore() }), observer });
  await manager.hydrate(await manager.dehydrate(longText("a")));
  await failureOf(manager.readBlob("missing"));
  const retry: StorageEvent = { ...collected(), operation: "retry", outcome: "error", code: "TIMEOUT", during: "read" };
  for (const event of [retry, collected()]) observer(event);
  const exported = new Map<string, Map<string, ReadonlySet<string> | undefined>>();
  for (const [, name, labels] of (await registry.metrics()).matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    const series = exported.get(name!) ?? new Map<string, ReadonlySet<string> | undefined>();
    for (const [, label] of (labels ?? "").matchAll(/(\w+)="/g)) {
      const values = label === "result" ? RESULTS[name!] : VALUES[label!];
      series.set(label!, values && new Set(values));
    }
    exported.set(name!, series);
  }
  return exported;
}

let exported: Exported;

beforeAll(async () => {
  exported = await scraped();
});

describe("the check of a query", () => {
  it.each([
    ["rate(storage_operation_total[5m])", "storage_operation_total is not exported"],
    ['rate(storage_operations_total{scope="a"}[5m])', "storage_operations_total has no label scope"],
    ["sum by (run) (rate(storage_operations_total[5m]))", "no metric has run"],
    ['storage_operations_total{code=~"NOT_FOUND|GONE"}', "code of storage_operations_total is never GONE"],
    ['storage_gc_objects_total{result="hit"}', "result of storage_gc_objects_total is never hit"],
    ["storage_dehydration_size_bytes", "storage_dehydration_size_bytes is not exported"],
    ["rate(storage_operations_total[5m)", expect.stringContaining("syntax error")],
    ["time()", "no metric"],
  ])("finds what is wrong with %s", (query, problem) => {
    expect(queryProblems(query, exported)).toContainEqual(problem);
  });
});

describe("docs/observability/grafana.json", () => {
  it("asks for what is exported, in every panel", () => {
    expect(targets.length).toBeGreaterThan(15);
    const wrong = targets.map(({ title, expr }) => [title, queryProblems(expr, exported)] as const);
    expect(wrong.filter(([, problems]) => problems.length > 0)).toEqual([]);
  });

  it("shows every metric", () => {
    const shown = targets.map(({ expr }) => expr).join("\n");
    const families = [...exported.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    expect([...new Set(families)].filter((family) => !shown.includes(family))).toEqual([]);
  });

  it("has legends of labels that the query keeps, and variables that are used", () => {
    for (const { expr, legendFormat } of targets) {
      const kept = [...expr.matchAll(/by \((.*?)\)/g)].flatMap(([, labels]) => labels!.split(", "));
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(kept).toContain(label);
    }
    const text = JSON.stringify(dashboard.panels);
    for (const { name, type, definition } of dashboard.templating.list) {
      expect(text).toContain(type === "datasource" ? `\${${name}}` : `$${name}`);
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? "") ?? [];
      if (type === "query") expect(exported.get(metric!)?.has(label!)).toBe(true);
    }
  });

  it("has panels that do not overlap", () => {
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos as { x: number; y: number; w: number; h: number };
      expect(x + w).toBeLessThanOrEqual(24);
      for (let cell = 0; cell < w * h; cell++) {
        const at = `${x + (cell % w)},${y + Math.floor(cell / w)}`;
        expect(taken).not.toContain(at);
        taken.add(at);
      }
    }
  });
});

describe("docs/observability/alerts.yaml", () => {
  it.each(rules)(
    "$alert asks for what is exported, and names labels that are left",
    ({ expr, labels, annotations }) => {
      expect(queryProblems(expr, exported)).toEqual([]);
      expect(labels.severity).toMatch(/^(critical|warning)$/);
      expect(annotations["summary"]).toBeDefined();
      const kept = [...expr.matchAll(/by \((.*?)\)/g)].flatMap(([, names]) => names!.split(", "));
      for (const [, label] of Object.values(annotations)
        .join()
        .matchAll(/\$labels\.(\w+)/g))
        expect(kept).toContain(label);
    },
  );

  it("has alerts of names of their own", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(rules.length).toBeGreaterThan(5);
  });
});
