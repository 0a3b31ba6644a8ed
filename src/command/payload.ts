import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EXIT } from "./exit-codes.js";
import { CommandFailure, usageFailure } from "./failure.js";
import type { Terminal } from "./terminal/terminal.js";

// The byte order mark that Windows programs write. A parser may ignore it (RFC 8259, section 8.1).
const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Reads a payload from a file. Reads stdin if the source is `-` or absent.
 *
 * @throws {CommandFailure} if the file does not exist or is not JSON. The message repeats nothing of the payload.
 */
export async function readPayload(source: string | undefined, terminal: Terminal): Promise<unknown> {
  return parsePayload(await readText(source, terminal), source);
}

/** Reads several payloads: a JSON array, or one payload per line. */
export async function readPayloads(source: string | undefined, terminal: Terminal): Promise<unknown[]> {
  const text = await readText(source, terminal);
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as unknown[]) : [value];
  } catch {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => parsePayload(line, source));
  }
}

function parsePayload(text: string, source: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure(`${nameOf(source)} is not JSON.`);
  }
}

/**
 * Decodes bytes as UTF-8.
 *
 * @throws {CommandFailure} for bytes that are not UTF-8, which would silently become other characters
 */
export function decodeText(bytes: Buffer, name: string): string {
  if (!isUtf8(bytes)) throw usageFailure(`${name} is not UTF-8, as JSON must be.`);
  const text = bytes.toString();
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

function nameOf(source: string | undefined): string {
  return isStdin(source) ? "What stdin gave" : source;
}

function isStdin(source: string | undefined): source is undefined | "-" {
  return source === undefined || source === "-";
}

async function readText(source: string | undefined, terminal: Terminal): Promise<string> {
  return decodeText(await readBytes(source, terminal), nameOf(source));
}

async function readBytes(source: string | undefined, { stdin, cwd, signal, stderr }: Terminal): Promise<Buffer> {
  if (source === "") throw usageFailure("The name of the payload's file is empty: - is stdin.");
  if (!isStdin(source)) {
    return readFile(resolve(cwd, source), { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreadable(source, error as NodeJS.ErrnoException);
    });
  }
  if (stdin.isTTY === true) stderr.write("coatcheck: reading from the terminal, end with Ctrl-D\n");
  const chunks: Buffer[] = [];
  const abort = () => stdin.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  } finally {
    signal.removeEventListener("abort", abort);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

function unreadable(source: string, { code }: NodeJS.ErrnoException): CommandFailure {
  if (code === "ENOENT") return new CommandFailure(EXIT.notFound, `There is no file ${source}.`);
  if (code === "EACCES") return new CommandFailure(EXIT.denied, `The file ${source} may not be read.`);
  return new CommandFailure(EXIT.failed, `The file ${source} can't be read: ${code}.`);
}
