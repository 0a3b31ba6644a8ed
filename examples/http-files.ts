// Uploads over HTTP: a request is streamed into a payload, and what it holds is served again with its type, its name and
// ranges (206), by this process or by a URL of the store. No file is ever in memory as a whole.
// Run it: S3_BUCKET=tickets npx tsx examples/http-files.ts
//         S3_ENDPOINT=http://localhost:9000 S3_BUCKET=tickets npx tsx examples/http-files.ts
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { binary, isReference, isStorageError, scopePath, StorageManager } from "coatcheck";
import type { Dehydrated, StorageReference } from "coatcheck";
import { S3Store } from "coatcheck/s3";

interface Upload {
  name: string;
  at: Date;
  file: ReturnType<typeof binary>;
}

const { S3_BUCKET: bucket = "tickets", S3_ENDPOINT: endpoint, S3_REGION: region = "us-east-1" } = process.env;
const clientConfig = { region, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }) };
await using store = new S3Store({ bucket, clientConfig });
await using manager = new StorageManager({ store });

// What a database would keep: some hundred bytes for each upload, however long it is.
const uploads = new Map<string, Dehydrated<Upload>>();

async function upload(request: IncomingMessage, response: ServerResponse, filename: string): Promise<void> {
  const { "content-type": contentType = "application/octet-stream" } = request.headers;
  const id = randomUUID();
  const payload = { name: filename, at: new Date(), file: binary(request, { contentType, filename }) };
  uploads.set(id, await manager.dehydrate(payload, { scope: scopePath("uploads", id) }));
  response.writeHead(201, { location: `/files/${id}` }).end();
}

async function serve(request: IncomingMessage, response: ServerResponse, message: Dehydrated<Upload>): Promise<void> {
  const file = fileOf(message);
  const { $storageSize: size, $storageContentType: type } = file;
  const name = await manager.pick<string>(message, "name");
  const headers = {
    "content-type": type,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff", // whoever uploads says what it is
  };
  const range = rangeOf(request.headers.range, size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${size}` }).end();
    return;
  }
  const { offset = 0, length = size } = range ?? {};
  const body = await manager.open(file, { offset, length });
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    "content-length": length,
    ...(range !== undefined && { "content-range": `bytes ${offset}-${offset + length - 1}/${size}` }),
  });
  await pipeline(body, response);
}

/** Lets the client fetch from the store itself: the bytes do not come through here. */
async function redirect(response: ServerResponse, message: Dehydrated<Upload>): Promise<void> {
  const url = await manager.presign(fileOf(message), { method: "GET", expiresIn: 60 }); // with the name of the upload
  response.writeHead(302, { location: url }).end();
}

function fileOf(message: Dehydrated<Upload>): StorageReference {
  assert.ok(!isReference(message)); // a name and a date do not leave
  return message.file as StorageReference;
}

/** One range of RFC 9110, section 14: `bytes=0-99`, `bytes=100-`, `bytes=-100`. Others are answered with the whole. */
function rangeOf(header: string | undefined, size: number) {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const begin = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (begin >= size) return "unsatisfiable";
  return end < begin ? undefined : { offset: begin, length: end - begin + 1 };
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const [, files, id = "", action] = pathname.split("/");
  const message = uploads.get(id);
  if (request.method === "POST" && pathname === "/files") {
    await upload(request, response, searchParams.get("name") ?? "upload");
  } else if (request.method !== "GET" || files !== "files" || message === undefined) response.writeHead(404).end();
  else await (action === "direct" ? redirect(response, message) : serve(request, response, message));
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(isStorageError(error, "NOT_FOUND") ? 410 : isStorageError(error, "CONFIG_INVALID") ? 400 : 500)
        .end();
  });
}).listen(0);
await once(server, "listening");
const address = `http://localhost:${(server.address() as AddressInfo).port}`;

// --- A client -------------------------------------------------------------------------------------------------------

const content = Buffer.from("coat,ticket\n".repeat(100_000));
const created = await fetch(`${address}/files?name=${encodeURIComponent("Mäntel.csv")}`, {
  method: "POST",
  headers: { "content-type": "text/csv" },
  body: content,
});
const location = `${address}${created.headers.get("location") ?? ""}`;
console.log(`uploaded: ${created.status}`);

const whole = await fetch(location);
assert.deepEqual(Buffer.from(await whole.arrayBuffer()), content);
console.log(`whole: ${whole.status}, ${whole.headers.get("content-type") ?? ""}`);

for (const [range, expected] of [
  ["bytes=12-23", content.subarray(12, 24)],
  ["bytes=1199988-", content.subarray(1_199_988)],
  ["bytes=-12", content.subarray(-12)],
] as const) {
  const part = await fetch(location, { headers: { range } });
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), expected);
  console.log(`${range}: ${part.status}, ${part.headers.get("content-range") ?? ""}`);
}
console.log(`beyond the end: ${(await fetch(location, { headers: { range: "bytes=1200000-" } })).status}`);

const direct = await fetch(`${location}/direct`);
assert.deepEqual(Buffer.from(await direct.arrayBuffer()), content);
console.log(`from the store: ${direct.status}, ${direct.headers.get("content-disposition") ?? ""}`);

server.close();
server.closeAllConnections();
