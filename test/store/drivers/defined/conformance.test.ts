import { defineStore } from "../../../../src/index.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { httpStore, startServer } from "./http.js";
import { openDatabase, sqliteStore } from "./sqlite.js";

storeConformance(
  { describe, it },
  {
    name: "a Map",
    create() {
      const objects = new Map<string, Uint8Array>();
      return defineStore({
        name: "map",
        get: (path) => objects.get(path),
        put: (path, bytes) => void objects.set(path, bytes),
        delete: (path) => objects.delete(path),
        keys: () => objects.keys(),
      });
    },
  },
);

storeConformance(
  { describe, it },
  {
    name: "a Map with all that a definition may have",
    create() {
      interface Entry {
        bytes: Uint8Array;
        etag: string;
        lastModified: Date;
        contentType: string | undefined;
        metadata: Record<string, string> | undefined;
      }
      const objects = new Map<string, Entry>();
      let version = 0;
      return defineStore({
        name: "map",
        capability: { contentType: true, metadata: true, ifNoneMatch: true, ifMatch: true, deleteIfMatch: true },
        get: async (path) => Promise.resolve(objects.get(path)),
        put(path, bytes, { contentType, metadata, ifNoneMatch, ifMatch }) {
          const old = objects.get(path);
          if (ifNoneMatch !== undefined && old !== undefined) return false;
          if (ifMatch !== undefined && old?.etag !== ifMatch) return false;
          const etag = `"${++version}"`;
          objects.set(path, { bytes, etag, lastModified: new Date(), contentType, metadata });
          return { etag };
        },
        delete(path, { ifMatch }) {
          if (ifMatch !== undefined && objects.get(path)?.etag !== ifMatch) return false;
          return objects.delete(path) || undefined;
        },
        async *keys(prefix) {
          for (const [path, { bytes, etag }] of objects) {
            if (path.startsWith(prefix)) yield await Promise.resolve({ path, size: bytes.byteLength, etag });
          }
        },
      });
    },
  },
);

storeConformance(
  { describe, it },
  { name: "SQLite", create: async () => sqliteStore(await openDatabase()), largeObjectSize: 1024 * 1024 + 1 },
);

describe("over HTTP", () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  storeConformance({ describe, it }, { name: "fetch", create: () => httpStore(server.url) });
});
