import { inspect } from "node:util";
import { Writable } from "node:stream";
import { pino } from "pino";

/** Stands for what must never be seen: put it where secrets are, and look for it everywhere else. */
export const CANARY = "CANARY-5c2b8e-NEVER-SHOWN";

const EVERYTHING = {
  depth: Infinity,
  showHidden: true,
  showProxy: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
} as const;

/** All that anybody gets to see of a value that is logged, printed, serialised or inspected. */
export function viewsOf(value: unknown): string[] {
  return [
    inspect(value), // as console.log does
    inspect(value, EVERYTHING),
    attempt(() => JSON.stringify({ value })),
    attempt(() => String(value)),
    ...logged(value),
    ...spoken(value),
  ];
}

/** The forms that bytes take when they are shown: as text, escaped or encoded. */
const FORMS: readonly RegExp[] = [
  CANARY.slice(0, -1), // an ending that was cut off is no secret kept
  encodeURIComponent(CANARY),
  Buffer.from(CANARY).toString("hex"),
  Buffer.from(CANARY).toString("hex").replace(/../g, "$& "),
  [...Buffer.from(CANARY)].join(","),
  // Base64, as it comes out wherever in the bytes it begins.
  ...[0, 1, 2].map((offset) =>
    Buffer.from("-".repeat(offset) + CANARY)
      .toString("base64")
      .slice(offset + 1, -4),
  ),
].map((form) => new RegExp(form.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i"));

/** What can be seen of a secret in a value, with what stands around it; empty if nothing can. */
export function leaksOf(value: unknown): string[] {
  return viewsOf(value).flatMap((view) => {
    const text = view.replace(/,\s+/g, ","); // arrays of numbers are shown in columns
    const found = FORMS.map((form) => form.exec(text)).find((match) => match !== null);
    return found === undefined ? [] : [text.slice(Math.max(0, found.index - 120), found.index + 60)];
  });
}

function attempt(view: () => string): string {
  try {
    return view();
  } catch (error) {
    return String(error);
  }
}

const lines: string[] = [];
const logger = pino(
  { level: "trace" },
  new Writable({
    write(chunk: Buffer, _encoding, callback) {
      lines.push(chunk.toString());
      callback();
    },
  }),
);

/** As pino writes it, with its own serializers, by every way to hand it over. */
function logged(value: unknown): string[] {
  logger.info({ value });
  logger.error({ err: value });
  if (typeof value === "object" && value !== null) logger.error(value);
  return lines.splice(0);
}

/** What errors say, with all that they were caused by. */
function spoken(value: unknown, depth = 0): string[] {
  if (!(value instanceof Error) || depth > 10) return [];
  return [value.message, value.stack ?? "", value.toString(), ...spoken(value.cause, depth + 1)];
}
