import type { DriverCall } from "../driver-store.js";
import { throwIfAborted } from "../../../async/abort.js";
import { StorageError } from "../../../errors/error.js";
import { comparePaths, pathProblem } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo, ObjectListing } from "../../store.js";
import type { RedisDatabase } from "./database.js";
import { brokenReply, decodeFailed } from "./errors.js";
import { LIST, REBUILD } from "./scripts.js";
import { decodeHeader, newEtag, quotedEtag } from "./stored-value.js";

// Most paths that one script looks at. Keeps Redis busy for no more than a millisecond or two.
const PAGE_SIZE = 1000;

// Most times that a listing fills an index that disappears during the listing.
const MAX_REBUILDS = 5;

// The reply of LIST: the path to continue after; then path, header and size of the value of each object.
type Page = [last: Buffer, found: Buffer[]];

function isPage(reply: unknown): reply is Page {
  if (!Array.isArray(reply) || !Buffer.isBuffer(reply[0])) return false;
  const found: unknown = reply[1];
  return Array.isArray(found) && found.length % 3 === 0 && found.every((part) => Buffer.isBuffer(part));
}

/**
 * Lists objects page by page. Fetches each page when the one before is used up. Redis sorts the objects by UTF-8
 * bytes.
 */
export async function* listObjects(
  database: RedisDatabase,
  prefix: string,
  { startAfter, limit = Infinity }: ListOptions,
  call: DriverCall,
): ObjectListing {
  let left = limit;
  let least: string | Buffer = leastOf(prefix, startAfter);
  let rebuilds = 0;
  while (left > 0) {
    const wanted = Math.min(PAGE_SIZE, left);
    const args = [least, greatestOf(prefix), wanted.toString(), PAGE_SIZE.toString()];
    const page = (await database.script(call, LIST, [database.keys.index], args)) as Page | null;
    if (page === null) {
      if (++rebuilds > MAX_REBUILDS) throw indexKeepsGoing(call);
      await rebuildIndex(database, call);
      continue;
    }
    if (!isPage(page)) throw brokenReply(call);
    const [last, found] = page;
    for (let i = 0; i + 2 < found.length; i += 3) {
      throwIfAborted(call.signal, call.details);
      const info = describe(found[i]!, found[i + 1]!, Number(found[i + 2]!.toString()), call);
      if (info === undefined) continue;
      yield info;
      if (--left === 0) return;
    }
    if (last.byteLength === 0) return;
    least = Buffer.concat([Buffer.from("("), last]); // the bytes as they are, since a foreign key need not be UTF-8
  }
}

function describe(name: Buffer, header: Buffer, valueSize: number, call: DriverCall): ObjectInfo | undefined {
  const path = name.toString();
  // A foreign key may not be a path, and may not be UTF-8.
  if (pathProblem(path) !== undefined || !Buffer.from(path).equals(name)) return undefined;
  const { etag, lastModified, attributesSize } = decodeHeader(header, call);
  const size = valueSize - header.byteLength - attributesSize;
  if (!(size >= 0)) throw decodeFailed(call);
  return { path, size, etag: quotedEtag(etag), lastModified };
}

// The bounds of ZRANGEBYLEX: "[" is inclusive, "(" exclusive. No path begins with a control character, but the marks
// of the index do.
function leastOf(prefix: string, startAfter: string | undefined): string {
  if (startAfter !== undefined && startAfter !== "" && comparePaths(startAfter, prefix) >= 0) return `(${startAfter}`;
  return prefix === "" ? "[\x01" : `[${prefix}`;
}

// The byte 0xff does not occur in UTF-8.
function greatestOf(prefix: string): Buffer | string {
  return prefix === "" ? "+" : Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)]);
}

/** Fills the index from the keys, if Redis evicted the index or nobody has listed yet. Writes may go on meanwhile. */
async function rebuildIndex(database: RedisDatabase, call: DriverCall): Promise<void> {
  const token = newEtag();
  let cursor = "0";
  let begin = "begin";
  for (;;) {
    const reply = await database.script(call, REBUILD, [database.keys.index], [cursor, token, begin]);
    if (!Buffer.isBuffer(reply)) throw brokenReply(call);
    cursor = reply.toString();
    if (cursor === "complete" || cursor === "lost") return;
    begin = "";
  }
}

function indexKeepsGoing({ details }: DriverCall): StorageError {
  return new StorageError("UNAVAILABLE", "Redis evicts the index of the store faster than it can be listed.", details);
}
