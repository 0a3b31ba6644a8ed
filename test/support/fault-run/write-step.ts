import { sha256Digest } from "../../../src/bytes/digest.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../../src/store/store.js";
import { Violation } from "./possible-states.js";
import type { Step } from "./step.js";
import { bareOf, type Version } from "./version.js";

export type WriteCondition = "none" | "absent" | "current" | "stale";

/** An etag that no store gives. */
export const STALE_ETAG = '"0123456789abcdef0123456789abcdef"';

/** How a version is written. */
export interface WriteManner {
  /** Bytes of a chunk; `undefined`: the body is handed over whole. */
  chunkSize: number | undefined;
  digest: "none" | "right" | "wrong";
  size: boolean;
  condition: WriteCondition;
  /** The etag for the condition "current". */
  etag: string | undefined;
  /** Whether the object may be there without its attributes, as long as the write is not acknowledged. */
  bare: boolean;
}

export function writeStep(path: string, version: Version, manner: WriteManner): Step<ObjectInfo> {
  const { bytes, contentType, metadata } = version;
  const { condition, chunkSize } = manner;
  const doomed = manner.digest === "wrong" ? "another digest" : condition === "stale" ? "another etag" : undefined;
  const options: WriteOptions = {
    contentType,
    metadata: metadata && { ...metadata },
    ...(manner.size && { size: bytes.byteLength }),
    ...(manner.digest === "right" && { digest: sha256Digest(bytes) }),
    ...(manner.digest === "wrong" && { digest: sha256Digest(Buffer.from("something else")) }),
    ...(condition === "absent" && { ifNoneMatch: "*" as const }),
    ...(condition === "stale" && { ifMatch: STALE_ETAG }),
    ...(condition === "current" && { ifMatch: manner.etag }),
  };
  return {
    verb: "write",
    label: `write ${path} (${bytes.byteLength} bytes "${bytes.toString("latin1", 0, 12)}", ${JSON.stringify({ ...manner, etag: undefined, bare: undefined })})`,
    paths: [path],
    holds: [path],
    brings: doomed === undefined ? (manner.bare ? [version, bareOf(version)] : [version]) : [],
    codes: [
      ...(manner.digest === "wrong" ? (["INTEGRITY"] as const) : []),
      ...(condition === "absent" ? (["ALREADY_EXISTS"] as const) : []),
      ...(condition === "stale" || condition === "current" ? (["PRECONDITION_FAILED"] as const) : []),
    ],
    run: (store, signal) => store.write(path, bodyOf(bytes, chunkSize), { ...options, signal }),
    judge(outcome, { before, possible, seenStays, settle }) {
      if (doomed !== undefined) {
        if ("value" in outcome) throw new Violation(`a write with ${doomed} was acknowledged`);
        settle(path, before(path));
      } else if ("value" in outcome) {
        assertInfo(outcome.value, path, version);
        if (condition === "absent" && !before(path).includes(undefined)) {
          throw new Violation("a write that must find nothing was acknowledged over an object");
        }
        settle(path, [version]);
      } else if (outcome.error.code === "ALREADY_EXISTS" && seenStays) {
        // Perhaps its own: an attempt whose acknowledgement was lost, before another one.
        settle(
          path,
          possible(path).filter((state) => state !== undefined),
        );
      } else {
        settle(path, possible(path));
      }
    },
  };
}

/** Asserts what a store says of an object that it has just written. */
export function assertInfo(info: ObjectInfo, path: string, { bytes }: Version): void {
  if (info.path !== path) throw new Violation(`the answer is about another path: ${info.path}`);
  if (info.size !== bytes.byteLength) throw new Violation(`the answer says ${info.size} bytes of ${bytes.byteLength}`);
}

function bodyOf(bytes: Buffer, chunkSize: number | undefined): StoreBody {
  if (chunkSize === undefined) return bytes;
  return (async function* () {
    for (let offset = 0; offset < bytes.byteLength; offset += chunkSize) {
      yield await Promise.resolve(bytes.subarray(offset, offset + chunkSize));
    }
  })();
}
