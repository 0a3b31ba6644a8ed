import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { runProgram } from "../examples/run-program.js";

it("the example of docs/workflows/durable.md runs", async () => {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readFileSync("docs/workflows/durable.md", "utf8"))!;
  expect(code).toContain("assert");
  mkdirSync("reports/engines", { recursive: true });
  writeFileSync("reports/engines/durable.ts", code!);
  await runProgram(["reports/engines/durable.ts"]);
});
