import type { Writable } from "node:stream";
import { Command, CommanderError, Option } from "commander";
import { isStorageError, StorageError } from "../errors/error.js";
import { EXIT } from "./exit-codes.js";
import { GLOBAL_OPTIONS, optionsOf } from "./flags.js";
import { exitCodeOf, usageFailure } from "./failure.js";
import { Output, printableLines, type Form } from "./terminal/output.js";
import type { OpenManagers } from "./open-manager.js";
import { Progress } from "./terminal/progress.js";
import { hasColour, type Terminal } from "./terminal/terminal.js";
import type { RunVerb, Verb, VerbCall } from "./verb.js";
import { VERBS } from "./verbs.js";

/**
 * Runs the command.
 *
 * @param argv without the program
 * @returns the exit code
 */
export async function main(argv: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const { stdout, stderr } = terminal;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(terminal.signal.reason);
  terminal.signal.addEventListener("abort", interrupt, { once: true });
  if (terminal.signal.aborted) interrupt();
  const run = new Run(terminal, stop.signal);
  const lose = (error: NodeJS.ErrnoException): void => {
    run.lost ??= error;
    stop.abort(error);
  };
  // The listener stays as long as the process lives, because the last write may fail late.
  stdout.on("error", lose);
  try {
    await run.parse(argv, version);
    // The error of a write is known here before the listener hears of it.
    if (!stop.signal.aborted) await written(stdout, stop.signal).catch(lose);
    if (run.lost !== undefined) throw run.lost;
    if (stdout.writableLength > 0) stop.signal.throwIfAborted();
    return run.exitCode;
  } catch (error) {
    run.progress.end();
    const { lost } = run;
    if (lost?.code === "EPIPE") return EXIT.fine; // the reader closed the pipe
    if (lost !== undefined) {
      stderr.write(`coatcheck: the results can't be written: ${lost.code ?? lost.message}\n`);
      return EXIT.failed;
    }
    if (terminal.signal.aborted) {
      stderr.write(`coatcheck: interrupted${run.resumption}\n`);
      return EXIT.interrupted;
    }
    if (error instanceof CommanderError) return EXIT.usage;
    const label = hasColour(stderr, terminal.env) ? "\u001b[31mcoatcheck:\u001b[39m" : "coatcheck:";
    stderr.write(`${label} ${printableLines(error instanceof Error ? error.message : String(error))}\n`);
    return exitCodeOf(error);
  } finally {
    run.progress.end();
    await run.close();
    terminal.signal.removeEventListener("abort", interrupt);
  }
}

/** Waits until all output is written, unless the command is interrupted. @throws the error of the stream */
async function written(stdout: Writable, signal: AbortSignal): Promise<void> {
  if (stdout.errored) throw stdout.errored;
  if (stdout.writableLength === 0) return;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    stdout.write("", (error) => (error ? reject(error) : resolve()));
  });
}

/** One run of the command. */
class Run {
  exitCode: number = EXIT.fine;
  resumption = "";
  /** The error that ended the output. */
  lost: NodeJS.ErrnoException | undefined;
  readonly progress: Progress;
  #managers: OpenManagers | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {
    this.progress = new Progress(terminal);
  }

  async parse(argv: readonly string[], version: string): Promise<void> {
    const { stdout, stderr } = this.terminal;
    const program = newProgram(version).configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHasColors: () => hasColour(stdout, this.terminal.env),
      getErrHasColors: () => hasColour(stderr, this.terminal.env),
    });
    for (const verb of VERBS) {
      addVerb(program, verb, async (args, options) => {
        const runs = await import("./runs.js");
        const run: RunVerb = runs[verb.name];
        const managers = new runs.OpenManagers(options, this.terminal.env, this.terminal.cwd);
        this.#managers = managers;
        const call = this.call(verb, args, runs.readFlags(optionsOf(verb), options), managers);
        this.exitCode =
          (await run(call).catch((error: unknown) => {
            // The library's message is for programs and does not mention --store.
            throw isStorageError(error, "STORAGE_DISABLED") ? noStoreFor(verb) : error;
          })) ?? EXIT.fine;
      });
    }
    try {
      await program.parseAsync(argv, { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error; // it has printed help or version
    }
  }

  async close(): Promise<void> {
    await this.#managers?.close();
  }

  private call(
    verb: Verb,
    args: readonly (string | undefined)[],
    options: Readonly<Record<string, unknown>>,
    managers: OpenManagers,
  ): VerbCall {
    const { terminal, signal, progress } = this;
    return {
      args,
      options,
      terminal: { ...terminal, signal },
      output: new Output(terminal.stdout, formOf(options), signal),
      progress,
      signal,
      manager: () => managers.manager(),
      planner: () => managers.planner(),
      description: () => managers.description(),
      storeAt: (url) => managers.storeAt(url),
      storageOf: (url) => managers.storageOf(url),
      store: async () => {
        const { store } = await managers.manager();
        if (store === undefined) throw noStoreFor(verb);
        return store;
      },
      say: (text) => {
        progress.end();
        terminal.stderr.write(`${printableLines(text)}\n`);
      },
      goOnWith: (flags) => (this.resumption = `; to go on, say the same with ${flags}`),
    };
  }
}

function noStoreFor({ name }: Verb): StorageError {
  const message = `There is no store for ${name}: say --store or --config, or set the environment.`;
  return new StorageError("STORAGE_DISABLED", message);
}

function formOf({ json, jsonl }: Readonly<Record<string, unknown>>): Form {
  if (json === true && jsonl === true) throw usageFailure("Give one of --json and --jsonl.");
  if (json === true) return "json";
  return jsonl === true ? "jsonl" : "text";
}

function newProgram(version: string): Command {
  const program = new Command("coatcheck")
    .description("Sees and mends what lies in a store of dehydrated payloads.")
    .version(version, "--version")
    .helpOption("-h, --help", "say this, or more of one command")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("(coatcheck --help says what there is)")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, subcommandTerm: (command) => command.name() });
  for (const { flags, description } of GLOBAL_OPTIONS) program.option(flags, description);
  return program;
}

function addVerb(
  program: Command,
  verb: Verb,
  run: (args: readonly (string | undefined)[], options: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  const command = program.command(verb.name).description(verb.summary).allowExcessArguments(false);
  for (const { name, description } of verb.parameters ?? []) command.argument(name, description);
  for (const { flags, description, choices } of optionsOf(verb)) {
    const option = new Option(flags, description);
    if (choices !== undefined) option.choices(choices);
    command.addOption(option);
  }
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, verb.parameters?.length ?? 0) as (string | undefined)[];
    await run(args, command.optsWithGlobals());
  });
}
