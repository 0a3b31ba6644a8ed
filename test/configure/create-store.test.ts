import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment } from "../support/parse-environment.js";
import { createStore } from "../../src/configure/create-store.js";
import { S3Store } from "../../src/s3.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import type { Store } from "../../src/store/store.js";

const store = (env: Record<string, string>) => createStore(parseEnvironment(env, ""));

describe("createStore", () => {
  it("makes none for the provider none", async () => {
    expect(await store({})).toBeUndefined();
  });

  it("makes a FileStore below the path", async () => {
    const root = await mkdtemp(join(tmpdir(), "coatcheck-env-"));
    try {
      const files = await store({ STORAGE_PROVIDER: "file", STORAGE_PATH: root });
      expect(files).toBeInstanceOf(FileStore);
      await files!.write("a/b", "text");
      const again = await store({ STORAGE_PROVIDER: "file", STORAGE_PATH: root });
      expect(Buffer.from(await (await again!.read("a/b")).bytes()).toString()).toBe("text");
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

/** A server that records what it is asked, and answers as it is told. */
describe("createStore with S3", () => {
  let server: Server;
  let endpoint: string;
  let asked: IncomingMessage[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const opened: Store[] = [];
  const environment = { ...process.env };

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      request.resume().on("end", () => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  beforeEach(() => {
    asked = [];
    answer = (_request, response) => response.setHeader("etag", '"1"').end();
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) Reflect.deleteProperty(process.env, name);
    process.env["AWS_EC2_METADATA_DISABLED"] = "true";
    process.env["AWS_CONFIG_FILE"] = process.env["AWS_SHARED_CREDENTIALS_FILE"] = join(tmpdir(), "no-such-file");
  });

  afterEach(async () => {
    process.env = { ...environment };
    for (const one of opened.splice(0)) await one.close();
  });

  async function s3(variables: Record<string, string> = {}): Promise<Store> {
    const made = await store({
      STORAGE_PROVIDER: "s3",
      STORAGE_S3_BUCKET: "payloads",
      STORAGE_S3_ENDPOINT: endpoint,
      S3_TLS: "false",
      ...variables,
    });
    opened.push(made!);
    return made!;
  }

  const KEYS = { S3_ACCESS_KEY_ID: "ID", S3_SECRET_ACCESS_KEY: "s3cr3t" };

  it("makes an S3Store of the endpoint, path style, credentials and region", async () => {
    const bucket = await s3({ ...KEYS, S3_SESSION_TOKEN: "TOKEN", STORAGE_S3_REGION: "eu-central-1" });
    expect(bucket).toBeInstanceOf(S3Store);
    await bucket.write("a/b", "text");
    expect(asked.map(({ method, url }) => [method, url!.split("?")[0]])).toEqual([["PUT", "/payloads/a/b"]]);
    expect(asked[0]!.headers.authorization).toMatch(/Credential=ID\/\d{8}\/eu-central-1\/s3\/aws4_request/);
    expect(asked[0]!.headers["x-amz-security-token"]).toBe("TOKEN");
    expect(asked[0]!.headers["x-amz-server-side-encryption"]).toBeUndefined();
  });

  it("sends no session token where there is none, and asks for encryption", async () => {
    const bucket = await s3({ ...KEYS, S3_SSE: "kms", S3_SSE_KMS_KEY: "alias/key" });
    await bucket.write("a", "text");
    expect(asked[0]!.headers).toMatchObject({
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "alias/key",
    });
    expect(asked[0]!.headers["x-amz-security-token"]).toBeUndefined();
  });

  it("takes the ambient region, else us-east-1", async () => {
    await (await s3(KEYS)).write("a", "text");
    process.env["AWS_REGION"] = "eu-north-1";
    await (await s3(KEYS)).write("a", "text");
    expect(asked.map((request) => /\d{8}\/([^/]+)\/s3/.exec(request.headers.authorization!)![1])).toEqual([
      "us-east-1",
      "eu-north-1",
    ]);
  });

  it("takes the ambient credentials, else, with an endpoint, none", async () => {
    process.env["AWS_ACCESS_KEY_ID"] = "AMBIENT";
    process.env["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
    await (await s3()).write("a", "text");
    expect(asked[0]!.headers.authorization).toContain("Credential=AMBIENT/");
    Reflect.deleteProperty(process.env, "AWS_ACCESS_KEY_ID");
    Reflect.deleteProperty(process.env, "AWS_SECRET_ACCESS_KEY");
    await (await s3()).write("a", "text");
    expect(asked[1]!.headers.authorization).toBeUndefined();
  });

  it("leaves region, endpoint and credentials to the SDK when nothing is said", async () => {
    const bucket = await store({ STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "payloads" });
    expect(bucket).toBeInstanceOf(S3Store);
    const url = bucket!.presign("a", { method: "GET", expiresIn: 60 });
    // A store without credentials can sign nothing.
    await expect(url).rejects.toThrow();
    process.env["AWS_ACCESS_KEY_ID"] = "AMBIENT";
    process.env["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
    const signed = await (await store({ STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "payloads" }))!.presign("a", {
      method: "GET",
      expiresIn: 60,
    });
    expect(signed).toMatch(/^https:\/\/payloads\.s3\.(us-east-1\.)?amazonaws\.com\/a\?/);
    expect(signed).toContain("AMBIENT");
  });

  it.each([
    ["0", 1],
    ["2", 3],
    [undefined, 4],
  ])("tries again S3_MAX_RETRIES=%s times", async (retries, tries) => {
    answer = (_request, response) => response.writeHead(503).end();
    const bucket = await s3({
      ...KEYS,
      S3_MAX_BACKOFF: "1ms",
      ...(retries !== undefined && { S3_MAX_RETRIES: retries }),
    });
    await expect(bucket.write("a", "text")).rejects.toMatchObject({ name: "StorageError", retryable: true });
    expect(asked).toHaveLength(tries);
  });

  it("waits no longer than S3_MAX_BACKOFF before it tries again", async () => {
    answer = (_request, response) => response.writeHead(503).end("<Error><Code>SlowDown</Code></Error>");
    const longest = jest.spyOn(Math, "random").mockReturnValue(0.999_999);
    const timers = jest.spyOn(globalThis, "setTimeout");
    try {
      // The SDK waits 1 s and more for a server that asks to slow down.
      const bucket = await s3({ ...KEYS, S3_MAX_BACKOFF: "20ms" });
      await expect(bucket.write("a", "text")).rejects.toMatchObject({ code: "THROTTLED" });
      expect(asked).toHaveLength(4);
      // Those of the requests themselves are a second and more.
      const waits = timers.mock.calls.map(([, milliseconds]) => milliseconds ?? 0).filter((wait) => wait < 900);
      expect(waits).toHaveLength(3);
      expect(Math.max(...waits)).toBeLessThanOrEqual(20);
    } finally {
      timers.mockRestore();
      longest.mockRestore();
    }
  });

  it("gives up a request that is not answered within S3_TIMEOUT", async () => {
    answer = () => undefined;
    const bucket = await s3({ ...KEYS, S3_TIMEOUT: "100ms", S3_MAX_RETRIES: "0" });
    await expect(bucket.write("a", "text")).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("uploads in parts of S3_MAX_PART_SIZE, S3_CONCURRENCY at a time", async () => {
    const partSize = 5 * 1024 ** 2;
    let active = 0;
    let most = 0;
    answer = (request, response) => {
      if (request.url!.includes("uploads")) {
        response.end("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>");
      } else if (request.url!.includes("partNumber")) {
        most = Math.max(most, ++active);
        setTimeout(() => {
          active--;
          response.setHeader("etag", '"part"').end();
        }, 50);
      } else {
        response.end("<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag></CompleteMultipartUploadResult>");
      }
    };
    const bucket = await s3({ ...KEYS, S3_MAX_PART_SIZE: String(partSize), S3_CONCURRENCY: "2" });
    await bucket.write("a", Buffer.alloc(3 * partSize + 1));
    expect(asked.filter(({ url }) => url!.includes("partNumber"))).toHaveLength(4);
    expect(most).toBe(2);
  });
});
