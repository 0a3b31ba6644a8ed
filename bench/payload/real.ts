import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "../root.js";

interface EventExamples {
  readonly name: string;
  readonly examples: readonly unknown[];
}

function webhooks(): EventExamples[] {
  return createRequire(join(ROOT, "package.json"))("@octokit/webhooks-examples") as EventExamples[];
}

/** One delivery of GitHub: a pull request that was opened, with what GitHub sends of its two repositories. */
export function pullRequestDelivery(): unknown {
  return webhooks().find(({ name }) => name === "pull_request")!.examples[0];
}

/** Deliveries of every kind, as a consumer collects them. */
export function deliveryBatch(): unknown {
  return { deliveries: webhooks().flatMap(({ name, examples }) => examples.map((body) => ({ event: name, body }))) };
}

/** Whether a file of JSON lies where the project keeps data that it can't ship. */
export function hasDataFile(name: string): boolean {
  return existsSync(dataFile(name));
}

export function readDataFile(name: string): unknown {
  return JSON.parse(readFileSync(dataFile(name), "utf8")) as unknown;
}

function dataFile(name: string): string {
  return join(ROOT, "..", "shared", "data", name);
}
