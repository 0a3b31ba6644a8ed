import { once } from "node:events";
import type { Writable } from "node:stream";

/** `text` for people and awk, `json` one document, `jsonl` a line of JSON for each row. */
export type Form = "text" | "json" | "jsonl";

/** A column of a table. Its texts hold no spaces, but for those of the last column. */
export interface Column<Row> {
  readonly title: string;
  /** Least characters; a number is set to the right of them. */
  readonly width: number;
  readonly isNumber?: boolean;
  readonly text: (row: Row) => string | number | undefined;
}

/** Rows, and how each form shows them. */
export interface Listing<Row> {
  /** Name of the rows in the document. */
  readonly name: string;
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  readonly columns: readonly Column<Row>[];
  /** A row in JSON; default as it is. */
  readonly json?: (row: Row) => unknown;
  /** What else the document says, once the rows are through. */
  readonly rest?: () => object;
}

/** Version of the documents. */
const VERSION = 1;

/** Writes results to stdout, and waits for whoever reads them. */
export class Output {
  constructor(
    private readonly stream: Writable & { readonly isTTY?: boolean },
    readonly form: Form,
    private readonly signal: AbortSignal,
  ) {}

  /** Writes bytes as they are. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.stream.write(chunk)) await once(this.stream, "drain", { signal: this.signal });
  }

  /** Writes the one document of `--json`, or what `text` gives. */
  async document(fields: object, text: () => string | readonly string[]): Promise<void> {
    if (this.form !== "text") return this.write(`${JSON.stringify({ v: VERSION, ...fields })}\n`);
    const lines = [text()].flat();
    if (lines.length > 0) await this.write(`${lines.join("\n")}\n`);
  }

  /** Writes rows as they come: in the memory of one. What fails before the first one has written nothing. */
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
    // A title would be a row more to awk.
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

/** A text on one line that does nothing to a terminal: names in a store, and keys of payloads, are anybody's. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}
