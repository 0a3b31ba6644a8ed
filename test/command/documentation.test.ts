import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { VERBS } from "../../src/command/verbs.js";
import { newDirectory, runCommand } from "./run-command.js";

// Every command in the documentation runs, and does what is written below it: an ellipsis stands for anything.

interface Example {
  readonly command: string;
  readonly exitCode: number;
  /** `undefined`: nothing is said. */
  readonly output: string;
}

function examplesOf(page: string): Example[] {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```console\n(.*?)^```$/gms)].map(([, block]) => block!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [line, ...output] = text.split("\n");
        const [, command, exit] = /^(.*?)(?: # exit (\d+))?$/.exec(line!)!;
        return { command: command!, exitCode: Number(exit ?? 0), output: output.join("\n").trimEnd() };
      }),
  );
}

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const text = "please ring twice. ".repeat(200);
const store = (name: string) => ["--store", `file://${path(name)}`];

beforeEach(async () => {
  await rm(directory.path, { recursive: true });
  await mkdir(path("payloads"), { recursive: true });
  const items = Array.from({ length: 50 }, (_, index) => ({ sku: `sku-${index}`, quantity: index }));
  await writeFile(path("order.json"), JSON.stringify({ id: 42, note: text, items }));
});

async function dehydrate(place: string, scope: string, value: unknown): Promise<string> {
  return (await runCommand([...store(place), "dehydrate", "--scope", scope], { stdin: JSON.stringify(value) })).stdout;
}

/** Runs an example as a shell would, where /srv is the directory of the test. */
async function play({ command }: Example): Promise<{ exitCode: number; stdout: string }> {
  const [line, target] = command.replaceAll("/srv/", `${directory.path}/`).split(" > ");
  const words = line!.split(" ");
  expect(words.shift()).toBe("coatcheck");
  const env = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: path("payloads") };
  // What explain says of a payload that travels as it is, it says without a store.
  const { exitCode, stdout, stderr } = await runCommand(words, {
    cwd: directory.path,
    env: words[0] === "explain" ? {} : env,
  });
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`${command}: ${stderr}`);
  if (target !== undefined) await writeFile(path(target), stdout);
  return { exitCode, stdout: target === undefined ? stdout : "" };
}

function expectOutput({ command, output }: Example, stdout: string): void {
  const lines = output.split("\n").map((line) =>
    line
      .trim()
      .split(/\s+/)
      .map((part) => part.split("…").map(escape).join(".*"))
      .join("\\s+"),
  );
  const pattern = new RegExp(`^\\s*${lines.join("\\s*\\n\\s*")}\\s*$`, "s");
  expect({ command, isAsWritten: pattern.test(stdout), stdout }).toEqual({ command, isAsWritten: true, stdout });
}

function escape(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

async function assertPage(page: string): Promise<void> {
  for (const example of examplesOf(page)) {
    if (example.command.includes("reference.json")) await writeReference();
    if (example.command.includes("in-use.jsonl")) await writeLive(["lost.json", "resent.json", "damaged.json"]);
    const { exitCode, stdout } = await play(example);
    expect([example.command, exitCode]).toEqual([example.command, example.exitCode]);
    expectOutput(example, stdout);
  }
}

async function writeReference(): Promise<void> {
  const message = JSON.parse(await readFile(path("message.json"), "utf8")) as { note: object };
  await writeFile(path("reference.json"), JSON.stringify(message.note));
}

async function writeLive(names: readonly string[]): Promise<void> {
  const messages = await Promise.all(names.map((name) => readFile(path(name), "utf8")));
  await writeFile(path("in-use.jsonl"), messages.join("\n"));
}

it("docs/command.md: each command does what is written below it", async () => {
  const rule = { ID: "expire-all", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } };
  await writeFile(path("rules.json"), JSON.stringify({ Rules: [rule] }));
  await writeFile(
    path("live.jsonl"),
    await dehydrate("payloads", "order-42", JSON.parse(await readFile(path("order.json"), "utf8"))),
  );
  await assertPage("docs/command.md");
});

it("docs/command.md has each verb", () => {
  const page = readFileSync("docs/command.md", "utf8");
  const absent = VERBS.map(({ name }) => name).filter(
    (name) => !new RegExp(`coatcheck .*${name}|\`${name}`).test(page),
  );
  expect(absent).toEqual([]);
});

it("docs/incidents.md: each incident is shown and mended", async () => {
  const lost = await dehydrate("payloads", "order-7", { id: 7, note: text });
  await writeFile(path("lost.json"), lost);
  const broken = JSON.parse(await dehydrate("payloads", "order-8", { id: 8, note: `${text}8` })) as {
    note: { $storageRef: string };
  };
  await runCommand(["cp", `file://${path("payloads")}`, `file://${path("backup")}`, "--yes"]);
  await runCommand([...store("payloads"), "release", "order-7", "--yes"]);
  await new FileStore({ root: path("payloads") }).write(broken.note.$storageRef, "damaged");
  await writeFile(path("damaged.json"), JSON.stringify(broken));
  await dehydrate("payloads", "order-9", { id: 9, note: `${text}9` });
  const attachments = [{ name: "a.pdf", body: "JVBERi0".repeat(60_000) }];
  await writeFile(path("large.json"), JSON.stringify({ id: 10, attachments }));
  await assertPage("docs/incidents.md");
});
