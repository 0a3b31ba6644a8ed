import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runInChild } from "../measure/fork.js";
import { median } from "../measure/statistics.js";
import { thisMachine } from "../report/results.js";
import { selfSigned, type Certificate } from "../s3/certificate.js";
import { startServer } from "../s3/start.js";
import type { MessagesResults, MessagesRow } from "./messages-results.js";
import { SENDERS, type MessageCost, type MessagesJob } from "./s3-messages.js";

const CHILD = new URL("./s3-messages-child.js", import.meta.url);
const TIMEOUT = 300_000;
// Bytes of a message, and how many go before those that count: until the engine has compiled what runs often.
const SIZES = [
  { bytes: 10_000, count: 512, warmUp: 8 },
  { bytes: 70_000, count: 128, warmUp: 8 },
  { bytes: 280_000, count: 128, warmUp: 2 },
];
const BLOCKS = 5;

/** How the messages go. */
export interface MessagesRun {
  readonly rounds: number;
  readonly contenders?: readonly string[];
  readonly tls: boolean;
}

/** Measures what messages cost out and back, by contender and size: by turns, in processes of their own. */
export async function measureMessages({ rounds, contenders = SENDERS, tls }: MessagesRun): Promise<MessagesResults> {
  const certificate = tls ? selfSigned() : undefined;
  const trust = certificate && trusting(certificate);
  const server = await startServer([0], certificate);
  const rows: MessagesRow[] = [];
  for (const { bytes, count, warmUp } of SIZES) {
    const costs = new Map<string, MessageCost[]>(contenders.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const job: MessagesJob = { contender, s3: server.target(0), bytes, count, blocks: BLOCKS, warmUp };
        costs.get(contender)!.push(await runInChild<MessageCost>(CHILD, job, { timeout: TIMEOUT, ...trust }));
      }
    }
    for (const [contender, found] of costs) {
      const row = {
        bytes,
        contender,
        out: median(found.map(({ out }) => out)),
        back: median(found.map((c) => c.back)),
      };
      console.log(`${bytes / 1000} KB, ${contender}: ${(1e6 / (row.out + row.back)).toFixed(0)} a second of CPU`);
      rows.push(row);
    }
  }
  await server.stop();
  return { machine: thisMachine(), date: new Date().toISOString(), rounds, tls, rows };
}

/** What a process is started with that takes the certificate for a good one, by whatever client. */
function trusting({ cert }: Certificate): { env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "cert.pem"), cert);
  return { env: { NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") } };
}
