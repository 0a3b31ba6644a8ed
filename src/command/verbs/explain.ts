import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { leaving } from "../../picture/describe.js";
import { renderHtml } from "../../picture/render-html.js";
import { renderSvg } from "../../picture/render-svg.js";
import type { DehydrationPlan } from "../../dehydrate/dehydration-plan.js";
import { formatPayloadPath } from "../../plan/payload-path.js";
import { referencesIn } from "../../reference/references-in.js";
import { EXIT } from "../exit-codes.js";
import { CommandFailure, usageFailure } from "../failure.js";
import { parseLimit, type Limit } from "../limits.js";
import { printable } from "../terminal/output.js";
import { readPayload } from "../payload.js";
import { formatBytes } from "../units.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";
import { heaviestParts, type Weight } from "../weights.js";

/** Whether the travelling payload fits a limit. */
interface Fit extends Limit {
  /** The measured payload, as it is or after dehydration. */
  readonly of: "payload" | "dehydrated";
  readonly size: number;
  readonly fits: boolean;
}

interface Explanation {
  readonly size: number;
  readonly inlineSize: number;
  readonly entries: { path: string; kind: string; size: number }[];
  readonly objects: string[];
  readonly heaviest: Weight[];
  readonly limit?: Fit;
}

export const run: RunVerb = async ({ args: [source], options, terminal, output, planner }) => {
  const { limit, maxInline, maxEnvelope, depth, top = 10, svg, html } = options as FlagsOf<"explain">;
  const asked = limit === undefined ? undefined : parseLimit(limit);
  assertPictureFile("--svg", svg, ".svg");
  assertPictureFile("--html", html, ".html");
  if ([svg === true, html === true, output.form === "json"].filter(Boolean).length > 1)
    throw usageFailure("Only one of --svg, --html and --json can go to stdout: give the pictures a file.");
  const payload = await readPayload(source, terminal);
  const { manager, isStored } = await planner();
  const sizes = { maxInlineSize: maxInline, maxEnvelopeSize: maxEnvelope, maxRecursionDepth: depth };
  const plan = manager.plan(payload, { ...sizes, scope: "explain" });
  // Without a store and without options for dehydration, the payload travels as it is.
  const isDehydrated = isStored || Object.values(sizes).some((size) => size !== undefined);
  const explanation: Explanation = {
    size: plan.size,
    inlineSize: plan.inlineSize,
    entries: plan.entries.map(({ path, kind, size }) => ({ path: formatPayloadPath(path), kind, size })),
    objects: objectsOf(plan),
    heaviest: heaviestParts(payload, top),
    ...(asked !== undefined && { limit: fitOf(plan, asked, isDehydrated) }),
  };
  if (typeof svg === "string") await writePicture(resolve(terminal.cwd, svg), renderSvg(plan));
  if (typeof html === "string") await writePicture(resolve(terminal.cwd, html), renderHtml(plan));
  if (svg === true) await output.write(renderSvg(plan));
  else if (html === true) await output.write(renderHtml(plan));
  else await output.document(explanation, () => linesOf(explanation));
  return explanation.limit?.fits === false ? EXIT.problems : EXIT.fine;
};

/** Checks the file of a picture. Without the check, `--svg payload.json` would overwrite the payload. */
function assertPictureFile(flag: string, file: string | true | undefined, ending: string): void {
  if (typeof file !== "string" || file.endsWith(ending)) return;
  throw usageFailure(`${flag} takes a file that ends in ${ending}; give the payload before it.`);
}

async function writePicture(file: string, picture: string): Promise<void> {
  try {
    await writeFile(file, picture);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const name = JSON.stringify(file);
    if (code === "ENOENT" || code === "ENOTDIR") {
      const directory = JSON.stringify(dirname(file));
      throw new CommandFailure(EXIT.notFound, `There is no directory ${directory} for the picture: make it first.`);
    }
    if (code === "EISDIR") throw usageFailure(`${name} is a directory: name a file in it for the picture.`);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new CommandFailure(EXIT.denied, `The picture ${name} may not be written: choose another place.`);
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    throw new CommandFailure(
      isFull ? EXIT.unavailable : EXIT.failed,
      `The picture ${name} can't be written: ${isFull ? "the disk is full" : code}.`,
    );
  }
}

function fitOf({ size, inlineSize }: DehydrationPlan, limit: Limit, isDehydrated: boolean): Fit {
  const measured = isDehydrated ? inlineSize : size;
  const of = isDehydrated ? "dehydrated" : "payload";
  return { ...limit, of, size: measured, fits: measured <= limit.bytes };
}

/** Returns the objects that the travelling references lead to. References inside other objects are not visible here. */
function objectsOf({ value }: DehydrationPlan): string[] {
  const paths = [...referencesIn(value)].map(({ reference }) =>
    "$storageRef" in reference ? reference.$storageRef : reference.$bubuStorageRef,
  );
  return [...new Set(paths)];
}

function linesOf({ size, inlineSize, entries, objects, heaviest, limit }: Explanation): string[] {
  const lines = [`payload     ${size} bytes (${formatBytes(size)})`, "heaviest"];
  for (const { path, bytes } of heaviest) lines.push(`  ${String(bytes).padStart(12)}  ${printable(path)}`);
  lines.push(
    `dehydrated  ${inlineSize} bytes (${formatBytes(inlineSize)}), ${leaving(entries.length, objects.length)}`,
  );
  for (const { path, kind, size: bytes } of entries)
    lines.push(`  ${String(bytes).padStart(12)}  ${kind.padEnd(6)}  ${printable(path)}`);
  if (limit === undefined) return lines;
  const what = limit.of === "payload" ? "the payload" : "what travels";
  const by = limit.fits ? `${limit.bytes - limit.size} bytes are left` : `${limit.size - limit.bytes} bytes too many`;
  lines.push(`limit       ${limit.name}: ${limit.bytes} bytes; ${what} ${limit.fits ? "fits" : "does not fit"}, ${by}`);
  return lines;
}
