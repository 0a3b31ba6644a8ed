import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runInChild } from "../measure/fork.js";
import { median } from "../measure/statistics.js";
import { selfSigned, type Certificate } from "../s3/certificate.js";
import { startServer } from "../s3/start.js";
import { SENDERS, type MessageCost, type MessagesJob } from "./s3-messages.js";

const CHILD = new URL("./s3-messages-child.js", import.meta.url);
const TIMEOUT = 300_000;
const SIZES = [10_000, 70_000, 280_000];

/** How the messages go. */
export interface MessagesRun {
  readonly rounds: number;
  readonly contenders?: readonly string[];
  readonly tls: boolean;
}

/** Prints how many messages go out and back in a second of CPU, by contender and size: by turns, in processes of their own. */
export async function printMessages({ rounds, contenders = SENDERS, tls }: MessagesRun): Promise<void> {
  const certificate = tls ? selfSigned() : undefined;
  const trust = certificate && trusting(certificate);
  const server = await startServer([0], certificate);
  console.log(
    "| messages | contender | out | in | a second of CPU | against the SDK alone |\n| - | - | - | - | - | - |",
  );
  for (const bytes of SIZES) {
    const count = bytes > 50_000 ? 128 : 512;
    const costs = new Map<string, MessageCost[]>(contenders.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const job: MessagesJob = { contender, s3: server.target(0), bytes, count, blocks: 5 };
        costs.get(contender)!.push(await runInChild<MessageCost>(CHILD, job, { timeout: TIMEOUT, ...trust }));
      }
    }
    const perSecond = (name: string): number => median(costs.get(name)!.map(({ out, back }) => 1e6 / (out + back)));
    const base = contenders.includes("the SDK alone") ? perSecond("the SDK alone") : NaN;
    for (const [name, found] of costs) {
      const middle = (pick: (cost: MessageCost) => number): string => `${median(found.map(pick)).toFixed(0)} µs`;
      const columns = [middle(({ out }) => out), middle(({ back }) => back), perSecond(name).toFixed(0)];
      console.log(`| ${[`${bytes / 1000} KB`, name, ...columns, (perSecond(name) / base).toFixed(2)].join(" | ")} |`);
    }
  }
  await server.stop();
}

/** What a process is started with that takes the certificate for a good one, by whatever client. */
function trusting({ cert }: Certificate): { env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "cert.pem"), cert);
  return { env: { NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") } };
}
