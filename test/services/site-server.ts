import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Serves the files of a directory, and a page without its ending, as hosts of static sites do. */
export async function serveSite(directory: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, "http://site").pathname);
    const page = path.endsWith("/") ? `${path}index.html` : `${path}.html`;
    const name = [page, path].find((one) => extname(one) !== "" && existsSync(join(directory, one)));
    if (name === undefined) return void response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(name)] ?? "application/octet-stream");
    // Their names hold a digest of what they are.
    if (path.startsWith("/assets/")) response.setHeader("cache-control", "max-age=31536000, immutable");
    void readFile(join(directory, name)).then((bytes) => response.end(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
