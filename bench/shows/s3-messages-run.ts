import { runInChild } from "../measure/fork.js";
import { median } from "../measure/statistics.js";
import { startServer } from "../s3/start.js";
import { SENDERS, type MessageCost, type MessagesJob } from "./s3-messages.js";

const CHILD = new URL("./s3-messages-child.js", import.meta.url);
const TIMEOUT = 300_000;
const SIZES = [10_000, 70_000, 280_000];

/** Prints how many messages go out and back in a second of CPU, by contender and size: by turns, in processes of their own. */
export async function printMessages(rounds: number, contenders: readonly string[] = SENDERS): Promise<void> {
  const server = await startServer([0]);
  console.log(
    "| messages | contender | out | in | a second of CPU | against the SDK alone |\n| - | - | - | - | - | - |",
  );
  for (const bytes of SIZES) {
    const count = bytes > 50_000 ? 128 : 512;
    const costs = new Map<string, MessageCost[]>(contenders.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const job: MessagesJob = { contender, s3: server.target(0), bytes, count, blocks: 5 };
        costs.get(contender)!.push(await runInChild<MessageCost>(CHILD, job, { timeout: TIMEOUT }));
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
