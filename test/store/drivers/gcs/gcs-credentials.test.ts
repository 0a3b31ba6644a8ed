import { inspect } from "node:util";
import { Storage, type StorageOptions } from "@google-cloud/storage";
import { GcsStore } from "../../../../src/gcs.js";
import { failureOf } from "../../../support/failure.js";
import { GcsApiServer } from "./gcs-api-server.js";
import { BYTES, CAPABILITY, chunksOf, contentOf, UNIT } from "./gcs-api-store.js";

let server: GcsApiServer;

beforeEach(async () => {
  server = await GcsApiServer.start();
});

afterEach(() => server.stop());

describe("credentials", () => {
  function clientWith(getRequestHeaders: () => Promise<object>): Storage {
    const authClient = { getRequestHeaders } as unknown as NonNullable<StorageOptions["authClient"]>;
    const retryOptions = { autoRetry: false };
    return new Storage({ apiEndpoint: server.endpoint, useAuthWithCustomEndpoint: true, authClient, retryOptions });
  }

  it("go with every request, but not to the URL of a session, and into no error", async () => {
    const client = clientWith(() => Promise.resolve({ Authorization: "Bearer SECRET" }));
    const authorized: string[] = [];
    const unauthorized: string[] = [];
    server.onHeaders = (request, { authorization }) =>
      (authorization === "Bearer SECRET" ? authorized : unauthorized).push(request);
    await using store = new GcsStore({ bucket: "bucket", client, capability: CAPABILITY, chunkSize: UNIT });
    await store.write("a", chunksOf(BYTES));
    await contentOf(store, "a");
    expect(unauthorized).toHaveLength(3);
    expect(unauthorized.every((request) => request.includes("upload_id="))).toBe(true);
    expect(authorized).toHaveLength(3);
    server.interfere = () => ({ status: 401, reason: "authError" });
    const error = await failureOf(store.stat("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", cause: { name: "authError", requestId: "UPLOAD-1" } });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SECRET");
  });

  it("that can't be had are PERMISSION_DENIED, and what failed is not repeated", async () => {
    const config = { headers: { Authorization: "SECRET" } };
    const refused = Object.assign(new Error("SECRET"), { status: 400, config, response: { status: 400, config } });
    await using store = new GcsStore({ bucket: "bucket", client: clientWith(() => Promise.reject(refused)) });
    const error = await failureOf(store.stat("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", operation: "stat", path: "a" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SECRET");
    const unreachable = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    await using down = new GcsStore({ bucket: "bucket", client: clientWith(() => Promise.reject(unreachable)) });
    expect(await failureOf(down.stat("a"))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it("that never come end in a TIMEOUT, or with the caller's signal", async () => {
    const client = clientWith(() => new Promise(() => undefined));
    await using store = new GcsStore({ bucket: "bucket", client, timeout: 20 });
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "TIMEOUT" });
    await using patient = new GcsStore({ bucket: "bucket", client });
    const controller = new AbortController();
    const aborted = failureOf(patient.stat("a", { signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ code: "ABORTED" });
  });

  it("and interceptors are those of the client", async () => {
    const client = new Storage({ apiEndpoint: server.endpoint });
    const request = (options: { headers?: object }): object => ({
      ...options,
      headers: { ...options.headers, "x-test": "intercepted" },
    });
    client.interceptors.push({ request } as (typeof client.interceptors)[number]);
    const seen: unknown[] = [];
    server.onHeaders = (_request, headers) => seen.push(headers["x-test"]);
    await using store = new GcsStore({ bucket: "bucket", client });
    await store.write("a", "x");
    expect(seen).toEqual(["intercepted"]);
  });
});
