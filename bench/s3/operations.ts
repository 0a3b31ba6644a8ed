import type { IncomingHttpHeaders } from "node:http";
import { slice, type Objects, type StoredObject } from "./objects.js";

/** A request, as far as an operation looks at it. */
export interface S3Request {
  readonly method: string;
  /** `bucket/key`, decoded; without a slash it is a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: readonly Buffer[];
}

export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks?: readonly Buffer[];
  /** Where it is not that of the chunks: of a HEAD. */
  readonly length?: number;
}

/** Answers as S3 does, as far as clients that write, read, copy, list and delete objects can tell. */
export function answer(objects: Objects, request: S3Request): S3Response {
  const { method, key } = request;
  if (!key.includes("/")) return answerBucket(objects, request);
  if (method === "PUT") return putObject(objects, request);
  if (method === "GET" || method === "HEAD") return getObject(objects, request);
  if (method === "DELETE") return deleteObject(objects, request);
  if (method === "POST") return postObject(objects, request);
  return failure(405, "MethodNotAllowed");
}

function answerBucket(objects: Objects, request: S3Request): S3Response {
  const { method, key, query, chunks } = request;
  if (method === "GET") return listObjects(objects, key, query);
  if (method === "POST" && query.has("delete")) {
    for (const [, name] of Buffer.concat(chunks)
      .toString()
      .matchAll(/<Key>([^<]*)<\/Key>/g)) {
      objects.delete(`${key}/${unescapeXml(name!)}`);
    }
    return xml("<DeleteResult/>");
  }
  return { status: 200 }; // every bucket is there
}

function putObject(objects: Objects, { key, query, headers, chunks }: S3Request): S3Response {
  const uploadId = query.get("uploadId");
  if (uploadId !== null) {
    const etag = objects.addPart(uploadId, Number(query.get("partNumber")), chunks);
    return etag === undefined ? failure(404, "NoSuchUpload") : { status: 200, headers: { etag } };
  }
  const source = headers["x-amz-copy-source"];
  if (typeof source === "string") {
    const original = objects.get(decodeURIComponent(source.replace(/^\//, "")));
    if (original === undefined) return failure(404, "NoSuchKey");
    return xml(
      `<CopyObjectResult>${described(objects.put(key, original.chunks, original.headers))}</CopyObjectResult>`,
    );
  }
  if (headers["if-none-match"] === "*" && objects.get(key) !== undefined) return failure(412, "PreconditionFailed");
  if (headers["if-match"] !== undefined && objects.get(key)?.etag !== headers["if-match"]) {
    return failure(412, "PreconditionFailed");
  }
  return { status: 200, headers: { etag: objects.put(key, chunks, keptHeaders(headers)).etag } };
}

function getObject(objects: Objects, { method, key, headers }: S3Request): S3Response {
  const object = objects.get(key);
  if (object === undefined) return failure(404, "NoSuchKey");
  const common = { ...object.headers, etag: object.etag, "last-modified": object.lastModified.toUTCString() };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (range === null) {
    const chunks = method === "HEAD" ? [] : object.chunks;
    return { status: 200, headers: common, chunks, length: object.size };
  }
  const start = Number(range[1]);
  const end = Math.min(range[2] === "" ? Infinity : Number(range[2]) + 1, object.size);
  if (start >= object.size) return failure(416, "InvalidRange");
  // The checksum is one of the whole object.
  const partial = Object.fromEntries(Object.entries(common).filter(([name]) => !name.startsWith("x-amz-checksum-")));
  return {
    status: 206,
    headers: { ...partial, "content-range": `bytes ${start}-${end - 1}/${object.size}` },
    chunks: method === "HEAD" ? [] : slice(object.chunks, start, end),
    length: end - start,
  };
}

function deleteObject(objects: Objects, { key, query }: S3Request): S3Response {
  const uploadId = query.get("uploadId");
  if (uploadId === null) objects.delete(key);
  else objects.abortUpload(uploadId);
  return { status: 204 };
}

function postObject(objects: Objects, { key, query, headers }: S3Request): S3Response {
  if (query.has("uploads")) {
    const id = objects.beginUpload(keptHeaders(headers));
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }
  const object = objects.completeUpload(query.get("uploadId") ?? "", key);
  if (object === undefined) return failure(404, "NoSuchUpload");
  // Version 2 of the SDK hands these on as where the object lies.
  const slash = key.indexOf("/");
  const [bucket, name] = [key.slice(0, slash), key.slice(slash + 1)].map(escapeXml);
  return xml(
    `<CompleteMultipartUploadResult><Location>http://${headers.host ?? ""}/${bucket}/${name}</Location>` +
      `<Bucket>${bucket}</Bucket><Key>${name}</Key><ETag>${object.etag}</ETag></CompleteMultipartUploadResult>`,
  );
}

function listObjects(objects: Objects, bucket: string, query: URLSearchParams): S3Response {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const limit = Number(query.get("max-keys") ?? 1000);
  const found = objects
    .list(`${bucket}/${query.get("prefix") ?? ""}`)
    .map(([key, object]) => [key.slice(bucket.length + 1), object] as const)
    .filter(([key]) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
  const page = found.slice(0, limit);
  const contents = page.map(
    ([key, object]) =>
      `<Contents><Key>${escapeXml(key)}</Key><Size>${object.size}</Size>${described(object)}</Contents>`,
  );
  const isTruncated = found.length > limit;
  const next = isTruncated ? `<NextContinuationToken>${escapeXml(page.at(-1)![0])}</NextContinuationToken>` : "";
  return xml(
    `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${next}` +
      `${contents.join("")}</ListBucketResult>`,
  );
}

const KEPT = /^(content-(type|disposition|language)|cache-control|x-amz-meta-.*|x-amz-checksum-[a-z0-9]+)$/;
const NOT_KEPT = /^x-amz-checksum-(algorithm|type|mode)$/;

// As S3 does, it gives a checksum back that came with an object, and the SDK of a reader checks it.
function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { "content-type": "binary/octet-stream" };
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT.test(name) && !NOT_KEPT.test(name) && typeof value === "string") kept[name] = value;
  }
  return kept;
}

function described({ etag, lastModified }: StoredObject): string {
  return `<ETag>${etag}</ETag><LastModified>${lastModified.toISOString()}</LastModified>`;
}

function xml(body: string, status = 200): S3Response {
  const chunk = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
  return { status, headers: { "content-type": "application/xml" }, chunks: [chunk], length: chunk.byteLength };
}

function failure(status: number, code: string): S3Response {
  return xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`, status);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return NAMED[name!] ?? all;
  });
}
