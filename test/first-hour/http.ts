// An upload is streamed into a payload, and is served with its type, its name and ranges.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { MemoryStore, StorageManager, binary, scopePath, type StorageReference } from "coatcheck";

const manager = new StorageManager({ store: new MemoryStore() });
const files = new Map<string, { name: string; file: StorageReference }>(); // a database

async function upload(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  const id = randomUUID();
  const file = binary(request, { contentType: request.headers["content-type"], filename: name });
  const saved = await manager.dehydrate({ name, file }, { scope: scopePath("files", id) });
  files.set(id, saved as { name: string; file: StorageReference });
  response.writeHead(201, { location: `/${id}` }).end();
}

async function serve(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
  const found = files.get(id);
  if (found === undefined) return void response.writeHead(404).end();
  const { name, file } = found;
  const size = file.$storageSize;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const offset = Number(first ?? 0);
  const end = Math.min(Number(last ?? size - 1), size - 1);
  if (offset > end) return void response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  const body = await manager.open(file, { offset, length: end - offset + 1 });
  response.writeHead(first === undefined ? 200 : 206, {
    "content-type": file.$storageContentType,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    "content-length": end - offset + 1,
    ...(first !== undefined && { "content-range": `bytes ${offset}-${end}/${size}` }),
  });
  await pipeline(body, response);
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url!, "http://localhost");
  const answer =
    request.method === "POST"
      ? upload(request, response, searchParams.get("name") ?? "file")
      : serve(request, response, pathname.slice(1));
  answer.catch(() => response.destroy());
}).listen(0);
await once(server, "listening");
const home = `http://localhost:${(server.address() as AddressInfo).port}`;

const content = Buffer.from("coat,ticket\n".repeat(100_000));
const headers = { "content-type": "text/csv" };
const created = await fetch(`${home}/?name=coats.csv`, { method: "POST", body: content, headers });
assert.equal(created.status, 201);
const address = home + created.headers.get("location")!;

const whole = await fetch(address);
assert.equal(whole.status, 200);
assert.match(whole.headers.get("content-type")!, /^text\/csv/);
assert.match(whole.headers.get("content-disposition")!, /coats\.csv/);
assert.deepEqual(Buffer.from(await whole.arrayBuffer()), content);

const part = await fetch(address, { headers: { range: "bytes=12-23" } });
assert.equal(part.status, 206);
assert.equal(await part.text(), "coat,ticket\n");
assert.equal((await fetch(address, { headers: { range: "bytes=1200000-1200009" } })).status, 416);
assert.equal((await fetch(`${home}/none`)).status, 404);

server.close();
server.closeAllConnections();
