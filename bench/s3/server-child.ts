// An S3 server in memory, in a process of its own: forked by start.ts. It answers after the delay it is told, counted
// from when a request has come in whole; no request waits for another's delay.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Certificate } from "./certificate.js";
import type { Traffic } from "./control.js";
import { Objects } from "./objects.js";
import { answer, type S3Response } from "./operations.js";
import { readRequestBody } from "./request-body.js";
import type { ServerJob } from "./start.js";

const objects = new Objects();
const NONE: Traffic = { put: 0, get: 0, other: 0, bytesSent: 0 };
let traffic = NONE;

function count(method: string, wireBytes: number): void {
  const kind = method === "PUT" ? "put" : method === "GET" ? "get" : "other";
  traffic = { ...traffic, [kind]: traffic[kind] + 1, bytesSent: traffic.bytesSent + wireBytes };
}

async function serve(request: IncomingMessage, response: ServerResponse, latency: number): Promise<void> {
  const { method = "GET", headers, url = "/" } = request;
  const { chunks, wireBytes } = await readRequestBody(request);
  count(method, wireBytes);
  const { pathname, searchParams } = new URL(url, "http://server");
  const key = decodeURIComponent(pathname).replace(/^\/+|\/$/g, "");
  if (latency > 0) await delay(latency);
  send(response, answer(objects, { method, key, query: searchParams, headers, chunks }));
}

function send(response: ServerResponse, { status, headers, chunks = [], length = 0 }: S3Response): void {
  const withLength = status === 204 ? {} : { "content-length": String(length) };
  response.writeHead(status, { ...headers, ...withLength, "x-amz-request-id": "bench" });
  for (const chunk of chunks) response.write(chunk);
  response.end();
}

const OPTIONS = { keepAliveTimeout: 60_000, noDelay: true };

async function listen(listener: RequestListener, tls?: Certificate): Promise<string> {
  const server: Server =
    tls === undefined ? createServer(OPTIONS, listener) : createTlsServer({ ...OPTIONS, ...tls }, listener);
  server.listen(0, "127.0.0.1", 1024);
  await once(server, "listening");
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function s3(latency: number): RequestListener {
  return (request, response) => {
    serve(request, response, latency).catch(() => response.destroy()); // a client that gave up
  };
}

const controls: Readonly<Record<string, () => unknown>> = {
  "/reset": () => (traffic = NONE),
  "/traffic": () => traffic,
  "/clear": () => {
    objects.clear();
    (globalThis as { gc?: () => void }).gc?.();
    return {};
  },
};

const { latencies, tls } = JSON.parse(process.argv[2]!) as ServerJob;
const endpoints = await Promise.all(latencies.map((latency) => listen(s3(latency), tls)));
const control = await listen((request, response) => {
  const reply = controls[request.url ?? ""]?.();
  response.writeHead(reply === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(reply ?? {}));
});
process.send!({ endpoints, control });
process.on("disconnect", () => process.exit());
