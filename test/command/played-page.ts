import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand, type Ran } from "./run-command.js";

interface Example {
  readonly command: string;
  readonly exitCode: number;
  /** What is written below it. */
  readonly output: string;
}

/** Where the commands of a page run: what the page calls /srv. */
export interface Surroundings {
  /** The directory that files lie in. */
  readonly directory: string;
  /** The URL of a store that the page calls `file:///srv/NAME`. */
  readonly urlOf: (name: string) => string;
  /** The environment, which says where `payloads` is. */
  readonly env: NodeJS.ProcessEnv;
}

const TEXT = "please ring twice. ".repeat(200);

/** A page of the documentation whose commands are run, one after the other, as a shell would. */
export class PlayedPage {
  constructor(private readonly at: Surroundings) {}

  /** An empty directory, and the payload that pages speak of. */
  async begin(): Promise<void> {
    const { directory } = this.at;
    await rm(directory, { recursive: true, force: true });
    await mkdir(join(directory, "payloads"), { recursive: true });
    const items = Array.from({ length: 50 }, (_, index) => ({ sku: `sku-${index}`, quantity: index }));
    await this.write("order.json", JSON.stringify({ id: 42, note: TEXT, items }));
  }

  /** What docs/command.md has before its first command. */
  async beginCommands(): Promise<void> {
    await this.begin();
    const rule = { ID: "expire-all", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    await this.write("rules.json", JSON.stringify({ Rules: [rule] }));
    await this.write("live.jsonl", await this.#dehydrate("order-42", await this.read("order.json")));
  }

  /** What docs/incidents.md has before its first command: what went wrong at night. */
  async beginIncidents(damage: (path: string) => Promise<unknown>): Promise<void> {
    await this.begin();
    const [payloads, backup] = ["payloads", "backup"].map((name) => this.at.urlOf(name));
    await this.write("lost.json", await this.#dehydrate("order-7", JSON.stringify({ id: 7, note: TEXT })));
    const broken = await this.#dehydrate("order-8", JSON.stringify({ id: 8, note: `${TEXT}8` }));
    await this.write("damaged.json", broken);
    await runCommand(["cp", payloads!, backup!, "--yes"], { env: this.at.env });
    await runCommand(["--store", payloads!, "release", "order-7", "--yes"], { env: this.at.env });
    await damage((JSON.parse(broken) as { note: { $storageRef: string } }).note.$storageRef);
    await this.#dehydrate("order-9", JSON.stringify({ id: 9, note: `${TEXT}9` }));
    const attachments = [{ name: "a.pdf", body: "JVBERi0".repeat(60_000) }];
    await this.write("large.json", JSON.stringify({ id: 10, attachments }));
  }

  /** Runs all commands of a page, up to one that does not do what is written below it. @returns what that did */
  async play(page: string): Promise<object | undefined> {
    for (const example of examplesOf(page)) {
      if (example.command.includes("reference.json")) await this.#writeReference();
      if (example.command.includes("in-use.jsonl")) await this.#writeLive(["lost", "resent", "damaged"]);
      const { exitCode, stdout, stderr } = await this.#run(example);
      if (exitCode === example.exitCode && patternOf(example.output).test(stdout)) continue;
      return { command: example.command, exitCode, stdout, stderr };
    }
    return undefined;
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.at.directory, name), "utf8");
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.at.directory, name), text);
  }

  async #dehydrate(scope: string, payload: string): Promise<string> {
    const args = ["--store", this.at.urlOf("payloads"), "dehydrate", "--scope", scope];
    return (await runCommand(args, { stdin: payload, env: this.at.env })).stdout;
  }

  async #run({ command }: Example): Promise<Ran> {
    const { directory, urlOf, env } = this.at;
    const here = command.replaceAll(/file:\/\/\/srv\/(\w+)/g, (_, name: string) => urlOf(name));
    const [line, target] = here.replaceAll("/srv/", `${directory}/`).split(" > ");
    const words = line!.split(" ").slice(1);
    // What explain says of a payload that travels as it is, it says without a store.
    const ran = await runCommand(words, { cwd: directory, env: words[0] === "explain" ? {} : env });
    if (target === undefined) return ran;
    await this.write(target, ran.stdout);
    return { ...ran, stdout: "" };
  }

  async #writeReference(): Promise<void> {
    const message = JSON.parse(await this.read("message.json")) as { note: object };
    await this.write("reference.json", JSON.stringify(message.note));
  }

  async #writeLive(names: readonly string[]): Promise<void> {
    const messages = await Promise.all(names.map((name) => this.read(`${name}.json`)));
    await this.write("in-use.jsonl", messages.join("\n"));
  }
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

/** An ellipsis stands for anything, spaces for any number of them. */
function patternOf(output: string): RegExp {
  const lines = output.split("\n").map((line) =>
    line
      .trim()
      .split(/\s+/)
      .map((part) => part.split("…").map(escape).join(".*"))
      .join("\\s+"),
  );
  return new RegExp(`^\\s*${lines.join("\\s*\\n\\s*")}\\s*$`, "s");
}

function escape(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
