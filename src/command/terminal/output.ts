import { once } from "node:events";
import type { Writable } from "node:stream";

/** Form of the output: `text` for people and awk, `json` for one document, `jsonl` for one line of JSON per row. */
export type Form = "text" | "json" | "jsonl";

/** A column of a table. Only texts in the last column may contain spaces. */
export interface Column<Row> {
  readonly title: string;
  /** Least number of characters. Numbers are aligned to the right. */
  readonly width: number;
  readonly isNumber?: boolean;
  readonly text: (row: Row) => string | number | undefined;
}

/** Rows, with their representation in each form. */
export interface Listing<Row> {
  /** Name of the rows in the JSON document. */
  readonly name: string;
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  readonly columns: readonly Column<Row>[];
  /** Converts a row for JSON. Default: the row as it is. */
  readonly json?: (row: Row) => unknown;
  /** Returns the other fields of the document, after the last row. */
  readonly rest?: () => object;
}

/** Version of the JSON documents. */
const VERSION = 1;

/** Writes results to stdout, with backpressure. */
export class Output {
  constructor(
    private readonly stream: Writable & { readonly isTTY?: boolean },
    readonly form: Form,
    private readonly signal: AbortSignal,
  ) {}

  /** Writes bytes as they are, and waits while the stream is full. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.stream.write(chunk)) await once(this.stream, "drain", { signal: this.signal });
  }

  /** Writes the one document of `--json`, or the lines of `text`. */
  async document(fields: object, text: () => string | readonly string[]): Promise<void> {
    if (this.form !== "text") return this.write(`${JSON.stringify({ v: VERSION, ...fields })}\n`);
    const lines = [text()].flat();
    if (lines.length > 0) await this.write(`${lines.join("\n")}\n`);
  }

  /** Writes rows as they come, with one row in memory. An error before the first row leaves the output empty. */
  async list<Row>({ name, rows, columns, json = (row) => row, rest }: Listing<Row>): Promise<void> {
    const opening = this.opening(name, columns);
    let separator = opening;
    for await (const row of rows) {
      const line = this.form === "text" ? lineOf(columnTexts(columns, row), columns) : JSON.stringify(json(row));
      await this.write(`${separator}${line}${this.form === "jsonl" ? "\n" : ""}`);
      separator = this.form === "json" ? "," : "";
    }
    if (separator === opening && opening !== "") await this.write(opening);
    if (this.form !== "json") return;
    const fields = JSON.stringify(rest?.() ?? {}).slice(1, -1);
    await this.write(`]${fields === "" ? "" : `,${fields}`}}\n`);
  }

  private opening<Row>(name: string, columns: readonly Column<Row>[]): string {
    if (this.form === "json") return `{"v":${VERSION},${JSON.stringify(name)}:[`;
    // awk would take a title for another row.
    return this.form === "text" && this.stream.isTTY === true ? lineOf(titles(columns), columns) : "";
  }
}

function columnTexts<Row>(columns: readonly Column<Row>[], row: Row): (string | number | undefined)[] {
  return columns.map(({ text }) => text(row));
}

function titles<Row>(columns: readonly Column<Row>[]): string[] {
  return columns.map(({ title }) => title);
}

function lineOf<Row>(texts: readonly (string | number | undefined)[], columns: readonly Column<Row>[]): string {
  const cells = columns.map(({ width, isNumber }, index) => {
    const text = printable(String(texts[index] ?? "-"));
    if (isNumber === true) return text.padStart(width);
    return index === columns.length - 1 ? text : text.padEnd(width);
  });
  return `${cells.join("  ")}\n`;
}

/** Escapes several lines, and keeps their line breaks. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/**
 * Escapes control characters and line breaks, so that a text can't affect the terminal. Anyone may choose names in a
 * store and keys of payloads.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}
