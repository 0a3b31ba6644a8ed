import { parser } from "@prometheus-io/lezer-promql";

/** The series that are exported: the labels of each, and which values these may have, if that is known. */
export type Exported = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string> | undefined>>;

interface Selector {
  name?: string;
  labels: { name: string; values: readonly string[] }[];
}

/** What is wrong with a query: its syntax, a metric or a label that is not exported, or a value that it never has. */
export function queryProblems(query: string, exported: Exported): string[] {
  // Grafana puts its variables in; $store stays, a string like any other.
  const text = query.replaceAll("$__rate_interval", "5m");
  const problems: string[] = [];
  const selectors: Selector[] = [];
  const groups: string[] = [];
  let inGroup = false;
  parser.parse(text).iterate({
    enter(node) {
      const said = text.slice(node.from, node.to);
      if (node.type.isError) problems.push(`syntax error at ${node.from}`);
      else if (node.name === "VectorSelector") selectors.push({ labels: [] });
      else if (node.name === "Identifier") selectors.at(-1)!.name = said;
      else if (node.name === "GroupingLabels") inGroup = true;
      else if (node.name === "LabelName") {
        if (inGroup) groups.push(said);
        else selectors.at(-1)!.labels.push({ name: said, values: [] });
      } else if (node.name === "StringLiteral" && !inGroup) {
        const label = selectors.at(-1)?.labels.at(-1);
        if (label !== undefined) label.values = said.slice(1, -1).split("|");
      }
    },
    leave(node) {
      if (node.name === "GroupingLabels") inGroup = false;
    },
  });
  if (selectors.length === 0) problems.push("no metric");
  const known = new Set<string>();
  for (const { name = "", labels } of selectors) {
    const series = exported.get(name);
    if (series === undefined) problems.push(`${name} is not exported`);
    for (const label of series?.keys() ?? []) known.add(label);
    for (const label of labels) problems.push(...labelProblems(label, name, series));
  }
  return [...problems, ...groups.filter((group) => !known.has(group)).map((group) => `no metric has ${group}`)];
}

function labelProblems(
  { name, values }: Selector["labels"][number],
  metric: string,
  series: ReadonlyMap<string, ReadonlySet<string> | undefined> | undefined,
): string[] {
  if (series === undefined) return [];
  if (!series.has(name)) return [`${metric} has no label ${name}`];
  const possible = series.get(name);
  if (possible === undefined) return [];
  return values.filter((value) => !possible.has(value)).map((value) => `${name} of ${metric} is never ${value}`);
}
