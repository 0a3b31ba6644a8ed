import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { isStorageError } from "../../errors/error.js";
import { sha256Digest } from "../../bytes/digest.js";
import { comparePaths } from "../../paths/path.js";
import { compared, FINE, type Told } from "./finding.js";
import type { Workspace } from "./workspace.js";

const LARGE = 12 * 1024 * 1024; // more than one part of an upload
const CHUNK = 64 * 1024;

// Names that some servers sort, encode or fold in their own way.
const NAMES = [
  "B",
  "a",
  "a-b",
  "a/b",
  "a b",
  "a+b",
  "a%2Fb",
  "é",
  "e\u0301",
  "ﬁ",
  "😀",
  "x?y#z&w=1",
  "c:d",
  "~",
  "'\"",
];
const SECONDS_APART = 60;
const ROUNDS = 10;

function wrong(note: string): Told {
  return { seen: false, verdict: "wrong", note };
}

export async function names(work: Workspace): Promise<Told> {
  const lost: string[] = [];
  for (const name of NAMES) {
    const body = Buffer.from(name);
    const path = await work.put(`names/${name}`, body);
    if (!body.equals(await work.read(path))) lost.push(name);
  }
  return lost.length === 0 ? FINE : wrong(`these names lead elsewhere: ${lost.join(" ")}`);
}

/**
 * Tests listings, and needs the objects of {@link names}. A listing shows new objects at once, in the byte order of
 * paths, also page by page.
 */
export async function listing(work: Workspace): Promise<Told> {
  if (!work.store.capability.list)
    return { declared: false, verdict: "note", note: "there is no listing, so no gc, ls or du" };
  const wanted = NAMES.map((name) => `names/${name}`).sort(comparePaths);
  const listed = await work.list({}, "names/");
  if ([...listed].sort(comparePaths).join("\n") !== wanted.join("\n"))
    return wrong("what was just written is not listed, or under other names");
  if (listed.join("\n") !== wanted.join("\n")) return wrong("the listing is not in the order of the bytes of paths");
  const paged: string[] = [];
  for (let last: string | undefined; paged.length <= wanted.length;) {
    const [next] = await work.list({ limit: 1, ...(last !== undefined && { startAfter: last }) }, "names/");
    if (next === undefined) break;
    paged.push(next);
    last = work.prefix + next;
  }
  if (paged.join("\n") !== wanted.join("\n")) return wrong("page by page something is left out, or comes twice");
  const gone = await work.put("names/gone");
  await work.store.delete(gone);
  return (await work.list({}, "names/gone")).length === 0 ? FINE : wrong("what was deleted is still listed");
}

export async function ranges(work: Workspace): Promise<Told> {
  const body = randomBytes(4096);
  const path = await work.put("ranges", body);
  for (const [offset, length] of [
    [0, 1],
    [1000, 96],
    [4095, 1],
    [4000, 1000],
    [4096, 10],
  ] as const) {
    if (!body.subarray(offset, offset + length).equals(await work.read(path, { offset, length }))) {
      return wrong(`a read of ${length} bytes at ${offset} gives others`);
    }
  }
  if (work.store.capability.rangeRead) return { declared: true, ...FINE };
  return { declared: false, verdict: "note", note: "ranges are read whole: entries of packs cost more" };
}

export async function checksums(work: Workspace): Promise<Told> {
  const path = work.path("checksum");
  const digest = sha256Digest(Buffer.from("other"));
  try {
    await work.store.write(path, "body", { digest });
  } catch (error) {
    if (!isStorageError(error, "INTEGRITY")) throw error;
    const isThere = work.store.capability.stat && (await work.store.stat(path)) !== undefined;
    return isThere ? wrong("a body of another digest is refused, and there all the same") : FINE;
  }
  return wrong("a body of another digest is taken");
}

/** Writes and reads a stream of unknown length, as large files are written, and measures the speed. */
export async function large(work: Workspace): Promise<Told> {
  const { store, signal } = work;
  const hash = createHash("sha256");
  const path = work.path("large");
  function* chunks(): Generator<Uint8Array> {
    for (let sent = 0; sent < LARGE; sent += CHUNK) {
      const chunk = randomBytes(CHUNK);
      hash.update(chunk);
      yield chunk;
    }
  }
  const begun = performance.now();
  await store.write(path, Readable.from(chunks()), { signal });
  const written = performance.now();
  const back = createHash("sha256");
  for await (const chunk of await store.read(path, { signal })) back.update(chunk);
  const note = `${rate(written - begun)} written, ${rate(performance.now() - written)} read`;
  return back.digest("hex") === hash.digest("hex") ? { ...FINE, note } : wrong("12 MiB came back as other bytes");
}

function rate(ms: number): string {
  return `${(LARGE / 1024 / 1024 / (ms / 1000)).toFixed(0)} MiB/s`;
}

export async function copies(work: Workspace): Promise<Told> {
  if (!work.store.capability.copy)
    return { declared: false, verdict: "note", note: "streams keep a name of their own" };
  const body = randomBytes(256);
  const from = await work.put("copied", body);
  const to = work.path("copy");
  await work.store.copy(from, to, { signal: work.signal });
  return compared(true, body.equals(await work.read(to)));
}

export async function attributes(work: Workspace): Promise<Told> {
  const { store, signal } = work;
  const { contentType, metadata } = store.capability;
  if (!contentType && !metadata)
    return { declared: false, verdict: "note", note: "media types and metadata are not kept" };
  const path = work.path("attributes");
  const given = { ...(contentType && { contentType: "text/plain" }), ...(metadata && { metadata: { probe: "1" } }) };
  await store.write(path, "x", { ...given, signal });
  const info = await store.stat(path, { signal });
  const isKept =
    (!contentType || info?.contentType === "text/plain") && (!metadata || info?.metadata?.["probe"] === "1");
  return compared(true, isKept, "the media type or the metadata is not what was written");
}

export async function presigned(work: Workspace): Promise<Told> {
  const { store, signal } = work;
  if (!store.capability.presign) return { declared: false, verdict: "note", note: "there are no such URLs" };
  const body = randomBytes(256);
  const path = await work.put("presigned", body);
  const response = await fetch(await store.presign(path, { method: "GET", expiresIn: 60 }), { signal });
  const isSame = response.ok && body.equals(Buffer.from(await response.arrayBuffer()));
  return compared(true, isSame, `a presigned URL answers ${response.status}, or other bytes`);
}

export async function clock(work: Workspace): Promise<Told> {
  const before = Date.now();
  const path = await work.put("clock");
  const { lastModified } = (await work.store.stat(path, { signal: work.signal })) ?? {};
  if (lastModified === undefined)
    return { verdict: "note", note: "the store does not say when an object was written: gc keeps all" };
  const middle = (before + Date.now()) / 2;
  const apart = Math.round((lastModified.getTime() - middle) / 1000);
  if (Math.abs(apart) <= SECONDS_APART) return FINE;
  return wrong(
    `the clocks are ${Math.abs(apart)} s apart, the store ${apart > 0 ? "ahead" : "behind"}: labels and signatures go by them`,
  );
}

export async function latency(work: Workspace): Promise<Told> {
  const writes: number[] = [];
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    const path = await work.put(`latency-${round}`);
    const written = performance.now();
    await work.read(path);
    writes.push(written - begun);
    reads.push(performance.now() - written);
  }
  return { ...FINE, note: `write ${median(writes)} ms, read ${median(reads)} ms` };
}

function median(times: number[]): string {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)]!.toFixed(1);
}
