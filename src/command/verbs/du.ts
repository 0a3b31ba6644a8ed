import { objectKind } from "../../object/object-name.js";
import { usageIn } from "../../maintain/usage.js";
import { noteMissingDirectory } from "../missing-directory.js";
import { roleOf } from "../../object/reserved-names.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { ObjectInfo } from "../../store/store.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

interface Sum {
  readonly name: string;
  objects: number;
  bytes: number;
  readonly expires?: string;
  readonly done?: readonly string[];
}

const HOUR = 3_600_000;
const AGES = [
  ["under-1h", HOUR],
  ["under-1d", 24 * HOUR],
  ["under-7d", 7 * 24 * HOUR],
  ["under-30d", 30 * 24 * HOUR],
  ["under-90d", 90 * 24 * HOUR],
  ["older", Infinity],
] as const;
const UNKNOWN_AGE = "unknown";
const KINDS = ["envelope", "pack", "binary", "leftover", "marker", "tombstone", "own", "other"];

export const run: RunVerb = async (call) => {
  const { by = "scope" } = call.options as FlagsOf<"du">;
  const manager = await call.manager();
  await noteMissingDirectory(call);
  const total = { objects: 0, bytes: 0 };
  async function* counted(): AsyncGenerator<Sum> {
    for await (const sum of by === "scope" ? byScope(manager, call) : byClass(manager, call, by)) {
      total.objects += sum.objects;
      total.bytes += sum.bytes;
      yield sum;
    }
  }
  await call.output.list({
    name: "usage",
    rows: counted(),
    columns: [
      { title: "BYTES", width: 14, isNumber: true, text: ({ bytes }) => bytes },
      { title: "OBJECTS", width: 10, isNumber: true, text: ({ objects }) => objects },
      { title: by.toUpperCase(), width: 0, text: ({ name }) => name },
    ],
    json: ({ name, ...counts }) => ({ [by]: name, ...counts }),
    rest: () => ({ by, total }),
  });
};

async function* byScope(manager: StorageManager, { args: [prefix], signal }: VerbCall): AsyncGenerator<Sum> {
  const scopes =
    prefix === undefined ? manager.usage(undefined, { signal }) : usageIn(manager.list(prefix, { signal }));
  for await (const { scope, prefix: below, objects, bytes, expires, done } of scopes) {
    const name = below === "" ? scope : `${below}/${scope}`;
    const end = expires === undefined ? {} : { expires: expires.toISOString() };
    yield { name, objects, bytes, ...end, ...(done !== undefined && { done }) };
  }
}

async function* byClass(manager: StorageManager, call: VerbCall, by: "age" | "kind"): AsyncGenerator<Sum> {
  const { args, signal, progress } = call;
  const names = by === "age" ? [...AGES.map(([name]) => name), UNKNOWN_AGE] : KINDS;
  const sums = new Map<string, Sum>(names.map((name) => [name, { name, objects: 0, bytes: 0 }]));
  const now = Date.now();
  let seen = 0;
  for await (const object of manager.list(args[0] ?? "", { signal })) {
    const sum = sums.get(by === "age" ? ageOf(object, now) : kindOf(object))!;
    sum.objects++;
    sum.bytes += object.size;
    seen++;
    progress.show(() => `${seen} objects`);
  }
  progress.end();
  yield* [...sums.values()].filter(({ objects }) => objects > 0);
}

function ageOf({ lastModified }: ObjectInfo, now: number): string {
  if (lastModified === undefined) return UNKNOWN_AGE;
  const age = now - lastModified.getTime();
  return AGES.find(([, limit]) => age < limit)![0];
}

function kindOf({ path }: ObjectInfo): string {
  const { role } = roleOf(path);
  if (role === "marker" || role === "tombstone" || role === "own") return role;
  return role === "leftover" ? role : objectKind(path).holds;
}
