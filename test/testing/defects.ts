import type { MemoryStore } from "../../src/store/drivers/memory-store.js";
import {
  all,
  AnonymousErrors,
  BareCopies,
  DeafReads,
  declaring,
  EagerBodies,
  EarlyDelete,
  EarlyErrors,
  EarlyIfAbsent,
  EarlyIfMatch,
  ForgottenReason,
  FragileClose,
  KeptAttributes,
  LastByteInclusive,
  LateDeletions,
  LateRefusals,
  listing,
  LoudDelete,
  LoudStat,
  OneEtag,
  PartialWrites,
  PlainErrors,
  QuietRefusals,
  RangeAsWhole,
  renaming,
  RetryableMisses,
  RereadableResults,
  SharedBuffers,
  StrictRanges,
  TreeDelete,
  UnconditionalDeletes,
  writingWith,
} from "./defective-stores.js";

/** A store with one thing wrong, and the case that must find it. */
export interface Defect {
  what: string;
  foundBy: string;
  create: () => MemoryStore;
}

// A busy service takes up two requests of an object together only now and then.
const atOneOfEight = (path: string): boolean => path.endsWith("-7");

export const DEFECTS: readonly Defect[] = [
  {
    what: "leaves part of an object when the source fails",
    foundBy: "bodies > leaves everything as it was when the source fails",
    create: () => new PartialWrites(),
  },
  {
    what: "shows an object before it is whole",
    foundBy: "bodies > shows the old object until the new one is whole",
    create: () => new PartialWrites(),
  },
  {
    what: "ignores the declared digest",
    foundBy: "bodies > refuses a body with another digest than declared",
    create: writingWith((options) => ({ ...options, digest: undefined })),
  },
  {
    what: "ignores the declared size",
    foundBy: "bodies > refuses a body of another size than declared",
    create: writingWith((options) => ({ ...options, size: undefined })),
  },
  {
    what: "shares buffers with its callers",
    foundBy: "round trips > shares no memory with its callers",
    create: () => new SharedBuffers(),
  },
  {
    what: "throws from stat when nothing is there",
    foundBy: "round trips > has no object where none was written",
    create: () => new LoudStat(),
  },
  {
    what: "refuses to delete what is not there",
    foundBy: "round trips > deletes a missing object without an error",
    create: () => new LoudDelete(),
  },
  {
    what: "deletes a whole tree",
    foundBy: "round trips > deletes an object, and only that",
    create: () => new TreeDelete(),
  },
  {
    what: "gives every version the same etag",
    foundBy: "round trips > replaces an object",
    create: () => new OneEtag(),
  },
  {
    what: "lets a result be read again",
    foundBy: "read results > is consumed once",
    create: () => new RereadableResults(),
  },
  {
    what: "describes the range instead of the object",
    foundBy: "ranges > describes the whole object, whatever range is read",
    create: () => new RangeAsWhole(),
  },
  {
    what: "refuses a range beyond the end",
    foundBy: "ranges > reads nothing from an empty range, or from beyond the end",
    create: () => new StrictRanges(),
  },
  {
    what: "reads one byte too many",
    foundBy: "ranges > reads the range asked for",
    create: () => new LastByteInclusive(),
  },
  {
    what: "drops metadata",
    foundBy: "metadata and content type > keeps metadata",
    create: writingWith((options) => ({ ...options, metadata: undefined })),
  },
  {
    what: "keeps the metadata of the object before",
    foundBy: "metadata and content type > replaces metadata and content type with the object",
    create: () => new KeptAttributes(),
  },
  {
    what: "ignores ifNoneMatch",
    foundBy: "conditions > ifNoneMatch writes where nothing is, and nowhere else",
    create: writingWith((options) => ({ ...options, ifNoneMatch: undefined })),
  },
  {
    what: "looks first and writes later (ifNoneMatch)",
    foundBy: "conditions > ifNoneMatch lets one of 16 writers win",
    create: () => new EarlyIfAbsent(),
  },
  {
    what: "looks before the body is read (ifNoneMatch)",
    foundBy: "conditions > ifNoneMatch holds when the object comes while the body is read",
    create: () => new EarlyIfAbsent(),
  },
  {
    what: "looks first and writes later (ifMatch)",
    foundBy: "conditions > ifMatch lets one of 16 writers win",
    create: () => new EarlyIfMatch(),
  },
  {
    what: "looks first and writes later at few objects (ifNoneMatch)",
    foundBy: "conditions > ifNoneMatch lets one of two writers win, at 8 objects at once",
    create: () => new EarlyIfAbsent(atOneOfEight),
  },
  {
    what: "looks first and writes later at few objects (ifMatch)",
    foundBy: "conditions > ifMatch lets one of two writers win, at 8 objects at once",
    create: () => new EarlyIfMatch(atOneOfEight),
  },
  {
    what: "looks first and deletes later at few objects",
    foundBy: "deletes in races > deleteIfMatch lets one of two deletes win, at 8 objects at once",
    create: () => new EarlyDelete(atOneOfEight),
  },
  {
    what: "ignores ifMatch of a delete",
    foundBy: "conditions > deleteIfMatch deletes the version it names, and no other",
    create: () => new UnconditionalDeletes(),
  },
  {
    what: "lists by UTF-16",
    foundBy: "listing > lists by the UTF-8 bytes of the path",
    create: listing(async (store, prefix, options) =>
      (await all(store.list(prefix, options))).sort((a, b) => (a.path < b.path ? -1 : 1)),
    ),
  },
  {
    what: "takes whole segments only as prefix",
    foundBy: "listing > takes any string as prefix, not only whole segments",
    create: listing(async (store, prefix, options) =>
      (await all(store.list(prefix, options))).filter(
        ({ path }) => prefix === "" || prefix.endsWith("/") || path === prefix || path.startsWith(`${prefix}/`),
      ),
    ),
  },
  {
    what: "lists startAfter itself",
    foundBy: "listing > begins after startAfter, which need not exist",
    create: listing(async (store, prefix, { startAfter, ...options }) =>
      (await all(store.list(prefix, options))).filter(({ path }) => startAfter === undefined || path >= startAfter),
    ),
  },
  {
    what: "ignores the limit",
    foundBy: "listing > stops at the limit",
    create: listing((store, prefix, options) => all(store.list(prefix, { ...options, limit: undefined }))),
  },
  {
    what: "lists one page",
    foundBy: "listing > lists many objects, each once",
    create: listing(async (store, prefix, options) => (await all(store.list(prefix, options))).slice(0, 29)),
  },
  {
    what: "copies bytes only",
    foundBy: "copying > copies metadata and content type",
    create: () => new BareCopies(),
  },
  {
    what: "composes letters",
    foundBy: "paths come back as written > composed and decomposed letters",
    create: renaming((path) => (typeof path === "string" ? path.normalize("NFC") : path)),
  },
  {
    what: "decodes percent signs",
    foundBy: "paths come back as written > percent signs",
    create: renaming((path) => (typeof path === "string" ? path.replaceAll("%41", "A") : path)),
  },
  {
    what: "ignores case",
    foundBy: "paths come back as written > upper and lower case",
    create: renaming((path) => (typeof path === "string" ? path.toLowerCase() : path)),
  },
  {
    what: "cuts long segments",
    foundBy: "paths come back as written > segments that are alike for 255 bytes",
    create: renaming((path) => (typeof path === "string" ? path.replaceAll(/x{255}x+./g, "x".repeat(255)) : path)),
  },
  {
    what: "resolves ..",
    foundBy: "invalid arguments > refuses a segment . or ..",
    create: renaming((path) => (typeof path === "string" ? path.replaceAll("../", "") : path)),
  },
  {
    what: "trims slashes",
    foundBy: "invalid arguments > refuses an empty segment",
    create: renaming((path) => (typeof path === "string" ? path.replace(/\/+$/, "") : path)),
  },
  {
    what: "throws plain errors",
    foundBy: "round trips > has no object where none was written",
    create: () => new PlainErrors(),
  },
  {
    what: "calls what is missing retryable",
    foundBy: "round trips > has no object where none was written",
    create: () => new RetryableMisses(),
  },
  {
    what: "does not list what lies deep",
    foundBy: "paths come back as written > many segments",
    create: listing(async (store, prefix, options) =>
      (await all(store.list(prefix, options))).filter(({ path }) => path.split("/").length < 50),
    ),
  },
  {
    what: "does not say which call failed",
    foundBy: "round trips > has no object where none was written",
    create: () => new AnonymousErrors(),
  },
  {
    what: "throws before it returns a promise",
    foundBy: "invalid arguments > refuses an empty path",
    create: () => new EarlyErrors(),
  },
  {
    what: "reads the body before it refuses the path",
    foundBy: "invalid arguments > refuses a backslash",
    create: () => new EagerBodies(),
  },
  {
    what: "hangs with its source",
    foundBy: "aborting > gives up a write whose source hangs",
    create: () => new EagerBodies(),
  },
  {
    what: "forgets why it was aborted",
    foundBy: "aborting > writes nothing under a signal that has fired",
    create: () => new ForgottenReason(),
  },
  {
    what: "reads on after the abort",
    foundBy: "aborting > gives up a body that is being read",
    create: () => new DeafReads(),
  },
  {
    what: "can't be closed twice",
    foundBy: "capability and lifecycle > can be closed twice",
    create: () => new FragileClose(),
  },
  {
    what: "lets its capability be changed",
    foundBy: "capability and lifecycle > declares every capability, and no more than that",
    create: declaring({}, false),
  },
  {
    what: "advertises what it can't do",
    foundBy: "presigned URLs > reads through a URL",
    create: declaring({ presign: true }),
  },
  {
    what: "drops in silence what it does not advertise",
    foundBy: "capability and lifecycle > contentType works, or is UNSUPPORTED without I/O",
    create: () => new QuietRefusals(),
  },
  {
    what: "writes before it says UNSUPPORTED",
    foundBy: "capability and lifecycle > ifMatch works, or is UNSUPPORTED without I/O",
    create: () => new LateRefusals(),
  },
  {
    what: "deletes before it says UNSUPPORTED",
    foundBy: "capability and lifecycle > deleteIfMatch works, or is UNSUPPORTED without I/O",
    create: () => new LateDeletions(),
  },
];
