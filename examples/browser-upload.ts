// A browser uploads straight into the store by a URL of its own, and the server adopts what came into a payload. The bytes
// go past the server once, from the store to the store: what a reference says is true of what was read then, and a second
// upload by the same URL changes nothing.
// The bucket needs a CORS rule that lets the page PUT. A lifecycle rule for inputs/uploads/ deletes what nobody completed.
// Run it: S3_BUCKET=tickets npx tsx examples/browser-upload.ts
//         S3_ENDPOINT=http://localhost:9000 S3_BUCKET=tickets npx tsx examples/browser-upload.ts
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { isNotFound, isReference, scopePath, stored, StorageManager } from "coatcheck";
import { S3Store } from "coatcheck/s3";

const { S3_BUCKET: bucket = "tickets", S3_ENDPOINT: endpoint, S3_REGION: region = "us-east-1" } = process.env;
const clientConfig = { region, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }) };
await using store = new S3Store({ bucket, clientConfig });
await using manager = new StorageManager({ store });

const PAGE = `<!doctype html><input type="file"><script>
  document.querySelector("input").onchange = async ({ target: { files: [file] } }) => {
    const { id, url } = await (await fetch("/uploads", { method: "POST" })).json();
    await fetch(url, { method: "PUT", body: file, headers: { "content-type": file.type } });
    await fetch("/uploads/" + id, { method: "POST", body: JSON.stringify({ name: file.name }) });
  };
</script>`;

// The server chooses where an upload goes, and remembers it: a client says an id, never a path.
const begun = new Map<string, string>();
const photos: unknown[] = [];

async function begin(response: ServerResponse): Promise<void> {
  const id = randomUUID();
  const path = `inputs/uploads/${id}`;
  const url = await manager.presign(path, { method: "PUT", expiresIn: 600 });
  begun.set(id, path);
  response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id, url }));
}

async function complete(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
  const path = begun.get(id);
  const info = path === undefined ? undefined : await store.stat(path);
  if (path === undefined || info === undefined) return void response.writeHead(404).end();
  if (info.size > 10_000_000) return void response.writeHead(413).end();
  const { name } = (await json(request)) as { name?: unknown };
  const payload = { owner: "ada", photo: stored(path, typeof name === "string" ? { filename: name } : {}) };
  photos.push(await manager.dehydrate(payload, { scope: scopePath("photos", id), references: "adopt" }));
  begun.delete(id);
  await manager.delete(path);
  response.writeHead(204).end();
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, uploads, id] = (request.url ?? "/").split("/");
  if (request.method === "POST" && uploads === "uploads")
    await (id ? complete(request, response, id) : begin(response));
  else response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => response.writeHead(isNotFound(error) ? 404 : 500).end());
}).listen(0);
await once(server, "listening");
const address = `http://localhost:${(server.address() as AddressInfo).port}`;

// --- What the page does ---------------------------------------------------------------------------------------------

const file = new File(["a photo of a coat"], "coat.png", { type: "image/png" });
const first = await fetch(`${address}/uploads`, { method: "POST" });
const { id, url } = (await first.json()) as { id: string; url: string };
const put = await fetch(url, { method: "PUT", body: file, headers: { "content-type": file.type } });
console.log(`put into the store: ${put.status}`);
const done = await fetch(`${address}/uploads/${id}`, { method: "POST", body: JSON.stringify({ name: file.name }) });
console.log(`completed: ${done.status}`);
const again = await fetch(`${address}/uploads/${id}`, { method: "POST", body: "{}" });
console.log(`completed again: ${again.status}`);

// What the URL still lets its holder write is not what the payload refers to.
await fetch(url, { method: "PUT", body: "something else" });
const [message] = photos;
const reference = (message as { photo: unknown }).photo;
assert.ok(isReference(reference));
console.log(`the payload: ${JSON.stringify(reference, ["$storageContentType", "$storageSize"])}`);
const bytes = await manager.pick<Uint8Array>(message, "photo");
console.log(`the photo: ${Buffer.from(bytes).toString()}`);
const read = await fetch(await manager.presign(reference, { method: "GET", expiresIn: 60 }));
console.log(`by a URL: ${read.headers.get("content-type") ?? ""}, ${read.headers.get("content-disposition") ?? ""}`);

server.close();
server.closeAllConnections();
