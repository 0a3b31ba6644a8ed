import { Readable } from "node:stream";
import { S3Store } from "../../../../src/s3.js";
import { failureOf } from "../../../support/failure.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";

/** A store over a transport that does not count: HTTP/2, fetch, a proxy in between. */
function storeAnswering(statusCode: number, headers: Record<string, string>, chunks: readonly string[]): S3Store {
  const handle = () => {
    const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
    return Promise.resolve({ response: { statusCode, headers: { etag: '"e"', ...headers }, body } });
  };
  const clientConfig = { ...s3ClientConfig("http://127.0.0.1:9"), requestHandler: { handle } as never };
  return new S3Store({ bucket: "bucket", clientConfig });
}

describe("a body of S3 that ends without a word", () => {
  it.each([
    { chunks: [], offset: undefined },
    { chunks: ["01234"], offset: undefined },
    { chunks: ["01234", "5678"], offset: undefined },
    { chunks: ["01234", "5678"], offset: 10 },
    { chunks: ["0123456789", "x"], offset: undefined },
  ])("is UNAVAILABLE, never data: %j", async ({ chunks, offset }) => {
    const isPart = offset !== undefined;
    const headers = { "content-length": "10", ...(isPart && { "content-range": "bytes 10-19/30" }) };
    await using store = storeAnswering(isPart ? 206 : 200, headers, chunks);
    const result = await store.read("a", isPart ? { offset, length: 10 } : {});
    expect(result.info.size).toBe(isPart ? 30 : 10);
    expect(await failureOf(result.bytes())).toMatchObject({ code: "UNAVAILABLE", retryable: true, path: "a" });
  });

  it("is data when it is whole", async () => {
    await using store = storeAnswering(200, { "content-length": "10" }, ["01234", "56789"]);
    expect(Buffer.from(await (await store.read("a")).bytes()).toString()).toBe("0123456789");
  });
});

describe("a part of a stream that S3 does not answer", () => {
  it("hears of the abort of the write, and the upload is given up", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const requests: string[] = [];
    let onPart: () => void = () => undefined;
    const partCame = new Promise<void>((resolve) => (onPart = resolve));
    const answers: Record<string, string> = {
      POST: "<InitiateMultipartUploadResult><UploadId>ID</UploadId></InitiateMultipartUploadResult>",
      GET: "<ListPartsResult></ListPartsResult>",
      DELETE: "",
    };
    const handle = ({ method }: { method: string }, { abortSignal }: { abortSignal?: AbortSignal }) => {
      requests.push(method);
      const answer = answers[method];
      if (answer !== undefined) {
        const body = Readable.from([Buffer.from(answer)]);
        return Promise.resolve({ response: { statusCode: method === "DELETE" ? 204 : 200, headers: {}, body } });
      }
      signals.push(abortSignal);
      onPart();
      return new Promise((_, reject) => abortSignal?.addEventListener("abort", () => reject(abortError())));
    };
    const clientConfig = { ...s3ClientConfig("http://127.0.0.1:9"), requestHandler: { handle } as never };
    await using store = new S3Store({ bucket: "bucket", clientConfig });
    const stop = new AbortController();
    const stream = (async function* () {
      for (let size = 0; size < 12; size++) yield await Promise.resolve(Buffer.alloc(1024 * 1024));
    })();
    const writing = failureOf(store.write("a", stream, { signal: stop.signal }));
    await partCame;
    stop.abort("enough");
    expect(signals.map((signal) => signal?.aborted)).not.toContain(undefined);
    expect(signals.map((signal) => signal?.aborted)).not.toContain(false);
    expect(await writing).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(requests).toContain("DELETE");
  });
});

function abortError(): Error {
  return Object.assign(new Error("Request aborted"), { name: "AbortError" }); // as the SDK's own handlers say it
}
