import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { defineStore, type Store } from "../../../../src/index.js";

/** A small server of objects: GET, PUT, DELETE of `/path`, and a listing at `/?prefix=`. */
export async function startServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void answer(objects, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closed(server),
  };
}

async function answer(objects: Map<string, Buffer>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
  } catch {
    return; // whoever asked has gone away
  }
  const { pathname, searchParams } = new URL(request.url!, "http://localhost");
  const path = decodeURIComponent(pathname.slice(1));
  const object = objects.get(path);
  if (request.method === "PUT") {
    objects.set(path, Buffer.concat(chunks));
    response.writeHead(204).end();
  } else if (request.method === "DELETE") {
    response.writeHead(objects.delete(path) ? 204 : 404).end();
  } else if (path === "") {
    const paths = [...objects.keys()].filter((key) => key.startsWith(searchParams.get("prefix")!));
    response.end(JSON.stringify(paths));
  } else if (object === undefined) {
    response.writeHead(404).end();
  } else {
    response.end(object);
  }
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A store over that server. */
export function httpStore(url: string): Store {
  const at = (path: string): string => `${url}/${encodeURIComponent(path)}`;
  const ask = async (
    address: string,
    init: { method?: string; body?: Uint8Array; signal?: AbortSignal | undefined },
  ) => {
    const response = await fetch(address, init as RequestInit);
    if (response.ok || response.status === 404) return response;
    throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
  };
  return defineStore({
    name: "http",
    async get(path, { signal }) {
      const response = await ask(at(path), { signal });
      if (response.ok) return response.arrayBuffer();
      await response.body?.cancel();
      return undefined;
    },
    async put(path, body, { signal }) {
      await ask(at(path), { method: "PUT", body, signal });
    },
    async delete(path, { signal }) {
      await ask(at(path), { method: "DELETE", signal });
    },
    async keys(prefix, { signal }) {
      const response = await ask(`${url}/?prefix=${encodeURIComponent(prefix)}`, { signal });
      return (await response.json()) as string[];
    },
  });
}
