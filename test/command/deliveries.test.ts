import { readFileSync } from "node:fs";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { formatPayloadPath } from "../../src/plan/payload-path.js";
import { referencesIn } from "../../src/reference/references-in.js";
import { runCommand } from "./run-command.js";

// Every delivery of a real service that is published as an example.
const root = "node_modules/@octokit/webhooks-examples/api.github.com/index.json";
const events = JSON.parse(readFileSync(root, "utf8")) as { name: string; examples: unknown[] }[];

interface Explanation {
  size: number;
  inlineSize: number;
  entries: { path: string; size: number }[];
  objects: string[];
}

it("explain says of every delivery what dehydrate then does: bytes, objects, what leaves", async () => {
  let deliveries = 0;
  for (const { name, examples } of events) {
    for (const payload of examples) {
      const text = JSON.stringify(payload);
      const { exitCode, stdout } = await runCommand(["explain", "--json", "--max-inline", "512"], { stdin: text });
      const explained = JSON.parse(stdout) as Explanation;
      const store = new MemoryStore();
      const manager = new StorageManager({ store, maxInlineSize: 512 });
      const message = await manager.dehydrate(payload, { scope: "explain" });
      const stored: string[] = [];
      for await (const { path } of store.list("")) stored.push(path);
      const references = [...referencesIn(message)].map(({ path }) => formatPayloadPath(path)).sort();
      expect([name, exitCode, explained.size]).toEqual([name, 0, Buffer.byteLength(text)]);
      expect([name, explained.inlineSize]).toEqual([name, Buffer.byteLength(JSON.stringify(message))]);
      expect([name, [...explained.objects].sort()]).toEqual([name, stored]);
      expect([name, explained.entries.map(({ path }) => path).sort()]).toEqual([name, references]);
      deliveries++;
    }
  }
  expect(deliveries).toBeGreaterThan(100);
});
