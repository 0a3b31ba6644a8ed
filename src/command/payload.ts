import { constants, isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EXIT } from "./exit-codes.js";
import { CommandFailure, usageFailure } from "./failure.js";
import type { Terminal } from "./terminal/terminal.js";

// The byte order mark that Windows programs write. A parser may ignore it (RFC 8259, section 8.1).
const BYTE_ORDER_MARK = "\uFEFF";

// JSON is parsed from one string, and no string is longer. What an endless pipe gives must end somewhere too.
const MOST_BYTES = constants.MAX_STRING_LENGTH;

/**
 * Reads a payload from a file. Reads stdin if the source is `-` or absent.
 *
 * @param maxBytes more are refused, before the rest is read
 * @throws {CommandFailure} if the file does not exist or is not JSON. The message repeats nothing of the payload.
 */
export async function readPayload(
  source: string | undefined,
  terminal: Terminal,
  maxBytes = MOST_BYTES,
): Promise<unknown> {
  return parsePayload(await readText(source, terminal, maxBytes), source);
}

/** Reads several payloads: a JSON array, or one payload per line. */
export async function readPayloads(source: string | undefined, terminal: Terminal): Promise<unknown[]> {
  const text = await readText(source, terminal, MOST_BYTES);
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
    throw usageFailure(`${nameOf(source)} is ${text.trim() === "" ? "empty" : "not JSON"}.`);
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

async function readText(source: string | undefined, terminal: Terminal, maxBytes: number): Promise<string> {
  return decodeText(await readBytes(source, terminal, maxBytes), nameOf(source));
}

async function readBytes(
  source: string | undefined,
  { stdin, cwd, signal, stderr }: Terminal,
  maxBytes: number,
): Promise<Buffer> {
  if (source === "") throw usageFailure("The name of the payload's file is empty: - is stdin.");
  if (!isStdin(source)) {
    const bytes = await readFile(resolve(cwd, source), { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      throw code === "ERR_FS_FILE_TOO_LARGE" ? tooLarge(source, maxBytes) : unreadable(source, code);
    });
    if (bytes.byteLength > maxBytes) throw tooLarge(source, maxBytes);
    return bytes;
  }
  if (stdin.isTTY === true) stderr.write("coatcheck: reading from the terminal, end with Ctrl-D\n");
  const chunks: Buffer[] = [];
  let size = 0;
  const abort = () => stdin.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.byteLength;
      if (size > maxBytes) throw tooLarge(source, maxBytes);
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks);
}

function tooLarge(source: string | undefined, maxBytes: number): CommandFailure {
  const message = `${nameOf(source)} has more than ${maxBytes} bytes, too many for one payload. A program can offload its parts as streams.`;
  return new CommandFailure(EXIT.refused, message);
}

function unreadable(source: string, code: string | undefined): CommandFailure {
  if (code === "ENOENT") return new CommandFailure(EXIT.notFound, `There is no file ${source}.`);
  if (code === "EACCES") return new CommandFailure(EXIT.denied, `The file ${source} may not be read.`);
  return new CommandFailure(EXIT.failed, `The file ${source} can't be read: ${code}.`);
}
