import { gzipSync } from "node:zlib";
import { pathProblem } from "../../../src/paths/path.js";
import { sha256Digest } from "../../../src/bytes/digest.js";

const MAX_ZEROS = 4 * 1024 * 1024;

/**
 * The objects of a hostile bucket. Of each, `objects` says the bytes: a string; `{ json: value }` a StoredObject with
 * `filled` references; `{ gzip: any of these }`; `{ zeros: count }`; an array of any of these one after the other.
 */
export function bucketOf(objects: unknown): Map<string, Buffer> {
  const bucket = new Map<string, Buffer>();
  if (typeof objects !== "object" || objects === null) return bucket;
  for (const [path, content] of Object.entries(objects)) {
    if (pathProblem(path) === undefined) bucket.set(path, bytesOf(content, bucket));
  }
  return bucket;
}

function bytesOf(content: unknown, bucket: ReadonlyMap<string, Buffer>): Buffer {
  if (Array.isArray(content)) return Buffer.concat(content.map((part) => bytesOf(part, bucket)));
  if (typeof content === "string") return Buffer.from(content);
  if (typeof content !== "object" || content === null) return Buffer.from(JSON.stringify(content));
  const { json, gzip, zeros } = content as Record<string, unknown>;
  if (gzip !== undefined) return gzipSync(bytesOf(gzip, bucket));
  if (typeof zeros === "number") return Buffer.alloc(Math.max(0, Math.min(zeros, MAX_ZEROS)) || 0);
  return Buffer.from(`{"contentType":"json","data":${JSON.stringify(filled(json, bucket) ?? null)}}`);
}

/**
 * The value with true sizes and digests in place of each `$storageSize` and `$storageDigest` that are "?", so that what is
 * behind them is reached. They are those of the objects that come before.
 */
export function filled(value: unknown, bucket: ReadonlyMap<string, Buffer>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => filled(item, bucket));
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, bucket)]));
  const object = bucket.get(copy["$storageRef"] as string) ?? Buffer.alloc(0);
  const { $storageOffset: offset = 0, $storageSize: size, $storageDigest: digest } = copy;
  const start = numberOf(offset);
  if (size === "?") copy["$storageSize"] = object.subarray(start).byteLength;
  const entry = object.subarray(start, start + numberOf(copy["$storageSize"]));
  if (digest === "?") copy["$storageDigest"] = sha256Digest(entry);
  return copy;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
