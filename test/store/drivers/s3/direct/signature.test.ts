import { createHash, createHmac } from "node:crypto";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { HmacKey } from "../../../../../src/store/drivers/s3/direct/hmac.js";
import { objectRequest, type ObjectOperation } from "../../../../../src/store/drivers/s3/direct/object-request.js";
import { RequestSigner } from "../../../../../src/store/drivers/s3/direct/signature.js";

const EMPTY = createHash("sha256").digest("hex");

function signatureOf(headers: Record<string, string>): string {
  return headers["authorization"]!.split("Signature=")[1]!;
}

describe("a signature", () => {
  // Amazon S3 API Reference, "Signature calculations for the Authorization header: transferring payload in a single chunk".
  const s3 = new RequestSigner("us-east-1", "s3");
  const s3Credentials = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  const host = "examplebucket.s3.amazonaws.com";
  const greeting = createHash("sha256").update("Welcome to Amazon S3.").digest("hex");

  it.each<[string, string, string, string, Record<string, string>, string, string]>([
    [
      "a range of an object",
      "GET",
      "/test.txt",
      "",
      { range: "bytes=0-9" },
      EMPTY,
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "an object that is written",
      "PUT",
      "/test%24file.text",
      "",
      { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      greeting,
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
    [
      "the lifecycle of a bucket",
      "GET",
      "/",
      "lifecycle=",
      {},
      EMPTY,
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "a listing",
      "GET",
      "/",
      "max-keys=2&prefix=J",
      {},
      EMPTY,
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("of %s is the one that S3's reference publishes", (_name, method, path, query, given, payloadHash, expected) => {
    const headers = { host, "x-amz-content-sha256": payloadHash, ...given };
    const signed = s3.sign({ method, path, query, headers, payloadHash }, s3Credentials, Date.UTC(2013, 4, 24));
    expect(signatureOf(signed)).toBe(expected);
    expect(signed["authorization"]).toContain("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ");
  });

  // The test suite of Signature Version 4 (IAM User Guide), by the names of its cases.
  it.each<[string, string, string, string, Record<string, string>, string]>([
    ["get-vanilla", "GET", "/", "", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["post-vanilla", "POST", "/", "", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "get-vanilla-query-order-key-case",
      "GET",
      "/",
      "Param1=value1&Param2=value2",
      {},
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "get-header-value-trim",
      "GET",
      "/",
      "",
      { "my-header1": " value1", "my-header2": ' "a   b   c"' },
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ],
    [
      "post-header-key-sort",
      "POST",
      "/",
      "",
      { "my-header1": "value1" },
      "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ],
  ])("is that of the published case %s", (_name, method, path, query, given, expected) => {
    const signer = new RequestSigner("us-east-1", "service");
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
    const request = { method, path, query, headers: { host: "example.amazonaws.com", ...given }, payloadHash: EMPTY };
    expect(signatureOf(signer.sign(request, credentials, Date.UTC(2015, 7, 30, 12, 36)))).toBe(expected);
  });
});

describe("the signature of any request", () => {
  const OPERATIONS: ObjectOperation[] = ["PutObject", "GetObject", "HeadObject", "DeleteObject", "HeadBucket"];
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const key = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const value = fc.string({ unit: "binary-ascii", maxLength: 20 }).map((text) => text.replace(/[^\x20-\x7e]/g, "  "));
  const maybe = fc.option(value, { nil: undefined });
  const input = fc.record({
    Key: key,
    Range: maybe,
    IfMatch: maybe,
    IfNoneMatch: maybe,
    ContentType: maybe,
    ServerSideEncryption: maybe,
    SSEKMSKeyId: maybe,
    Metadata: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/), value, { maxKeys: 4 }),
  });
  const credentials = fc.record(
    {
      accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
      // Some of them again, on other days: the key of a day and a secret is kept.
      secretAccessKey: fc.oneof(
        fc.constant("secret"),
        fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 }),
      ),
      sessionToken: fc.base64String({ minLength: 4, maxLength: 60 }),
    },
    { requiredKeys: ["accessKeyId", "secretAccessKey"] },
  );
  const checksums = fc.record({ ofRequests: fc.boolean(), ofAnswers: fc.boolean() });
  const day = 86_400_000;

  it("is that of the SDK's signer, key by key and header by header", async () => {
    const region = "eu-central-1";
    const signer = new RequestSigner(region, "s3"); // one for all: its key is that of a day and a secret
    const cases = fc.tuple(
      fc.constantFrom(...OPERATIONS),
      input,
      fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
      checksums,
      credentials,
      fc.oneof(fc.nat({ max: 2 * day }), fc.nat({ max: 30_000 * day })),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([operation, fields, bytes, asked, identity, now]) => {
        const address = { host: "bucket.example.com:9000", path: "/a%20bucket/" };
        const body = bytes && { bytes, sha256: createHash("sha256").update(bytes).digest() };
        const request = objectRequest(operation, { Bucket: "b", ...fields }, body, address, asked);
        const theirs = new SignatureV4({
          credentials: identity,
          region,
          service: "s3",
          sha256: Sha256,
          uriEscapePath: false,
        });
        const query = request.query === "" ? {} : Object.fromEntries([request.query.split("=")]);
        const unsigned = new HttpRequest({ ...request, query, headers: { ...request.headers }, body: bytes });
        const expected = await theirs.sign(unsigned, { signingDate: new Date(now) });
        const signed = signer.sign(request, identity, now);
        expect(signed).toEqual(expected.headers);
      }),
    );
  });
});

describe("a key", () => {
  it("signs texts of any length as Node's HMAC does, one after the other", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 400, maxLength: 2000 }))),
        (bytes, texts) => {
          const key = new HmacKey(Buffer.from(bytes));
          for (const text of texts) expect(key.sign(text)).toBe(createHmac("sha256", bytes).update(text).digest("hex"));
        },
      ),
    );
  });

  it("signs by the time of each request", () => {
    const signer = new RequestSigner("us-east-1", "s3");
    const request = { method: "GET", path: "/", query: "", headers: { host: "h" }, payloadHash: EMPTY };
    const dates = [0, 999, 1000, 86_400_000, 999].map(
      (now) => signer.sign(request, { accessKeyId: "a", secretAccessKey: "b" }, now)["x-amz-date"],
    );
    const [first, next] = ["19700101T000000Z", "19700101T000001Z"];
    expect(dates).toEqual([first, first, next, "19700102T000000Z", first]);
  });
});
