import { behaviour, seenByTests, type Mutant } from "../mutant.js";

const FOLDER = "store/drivers/s3/direct";
const REQUEST = `${FOLDER}/object-request.ts`;
const SIGNATURE = `${FOLDER}/signature.ts`;
const PLAIN = `${FOLDER}/plain-client.ts`;
const TARGET = `${FOLDER}/target.ts`;
const TRANSPORT = `${FOLDER}/transport.ts`;

/** What a request says: name of the field, the code that says it. */
const SAID: readonly (readonly [field: string, from: string, to?: string])[] = [
  ["range", 'headers["range"] = Range;', ";"],
  ["if-match", 'headers["if-match"] = IfMatch;', ";"],
  ["if-none-match", 'headers["if-none-match"] = IfNoneMatch;', ";"],
  ["encryption", 'headers["x-amz-server-side-encryption"] = ServerSideEncryption;', ";"],
  ["key of the encryption", 'headers["x-amz-server-side-encryption-aws-kms-key-id"] = SSEKMSKeyId;', ";"],
  ["metadata", "headers[`x-amz-meta-${name.toLowerCase()}`] = Metadata[name]!;", ";"],
  ["content type", 'headers["content-type"] = ContentType ?? "application/octet-stream";', ""],
  ["length", 'headers["content-length"] = String(payload.bytes.byteLength);', ""],
  ["checksum", 'headers["x-amz-checksum-sha256"] = payload.sha256.toString("base64");', ";"],
  ["wish for a checksum", 'headers["x-amz-checksum-mode"] = "ENABLED";', ";"],
  ["hash of the body", 'host: address.host, "x-amz-content-sha256": payloadHash }', "host: address.host }"],
  ["key", "path: address.path + encodeKey(Key),", "path: address.path + Key,"],
  ["operation", 'query: id === undefined ? "" : `x-id=${id}`,', 'query: "",'],
];

/** What a signature covers: the part of the text that is signed. */
const SIGNED: readonly (readonly [part: string, from: string, to: string])[] = [
  ["method", "return `${method}\\n${path}", "return `GET\\n${path}"],
  ["path", "\\n${path}\\n${query}", "\\n/\\n${query}"],
  ["query", "\\n${query}\\n${lines}", "\\n\\n${lines}"],
  ["headers", "${lines}\\n${names", "\\n${names"],
  ["names of headers", '\\n${names.join(";")}\\n${payloadHash}`', "\\n\\n${payloadHash}`"],
  ["hash of the body", "\\n${payloadHash}`;", "\\n`;"],
  ["spaces of a value", '.trim().replace(/\\s+/g, " ")', ".trim()"],
  ["session", 'headers["x-amz-security-token"] = sessionToken;', ";"],
  ["time", "`${ALGORITHM}\\n${time}\\n", "`${ALGORITHM}\\n\\n"],
  ["region", "hmac(`AWS4${secret}`, day)", "hmac(`AWS4${secret}`, this.region)"],
  ["day of the key", "this.#key?.day === day && this.#key.secret", "this.#key?.secret"],
  ["secret of the key", "this.#key?.day === day && this.#key.secret === secret", "this.#key?.day === day"],
];

/** What keeps a request to the SDK: its name, the code that looks for it. */
const GUARDS: readonly (readonly [guard: string, file: string, from: string, to: string])[] = [
  ["another send", PLAIN, "if (sendOf(this.#client) !== sendOf(unchangedClient())) return false;", ""],
  [
    "middleware",
    PLAIN,
    "this.#isPlain = middlewareOf(this.#client) === middlewareOf(unchangedClient());",
    "this.#isPlain = true;",
  ],
  [
    "middleware that comes later",
    PLAIN,
    "if (this.given === undefined) setImmediate(() => (this.#isChecked = false));",
    "",
  ],
  ["an endpoint provider", PLAIN, '"endpointProvider", ', ""],
  ["another way to choose signatures", PLAIN, '"httpAuthSchemeProvider", ', ""],
  ["a logger", PLAIN, '["logger", "protocol"]', '["protocol"]'],
  ["an extension", PLAIN, ' || !isEmpty(config["extensions"])', ""],
  ["buckets that are endpoints", PLAIN, 'isGiven(config["bucketEndpoint"]) || ', ""],
  ["another order of signatures", PLAIN, ' || !isEmpty(await valueOf(config["authSchemePreference"]))', ""],
  ["a signer", PLAIN, 'if (classOf(signer) !== own["signerConstructor"]) return false;', ""],
  [
    "a retry strategy of the caller's",
    PLAIN,
    "return retryStrategy instanceof CappedRetries && retryStrategy.attempts > 1;",
    "return true;",
  ],
  [
    "retries that adapt",
    PLAIN,
    'return classOf(await valueOf(config["retryStrategy"])) === classOf(await valueOf(own["retryStrategy"]));',
    "return true;",
  ],
  ["another kind of signature", TARGET, 'if (scheme?.name !== "sigv4"', "if (scheme === undefined"],
  ["many calls of a function", TARGET, 'if ("AWS_LAMBDA_MAX_CONCURRENCY" in process.env) return undefined;', ""],
  ["a large body", TRANSPORT, "payload.bytes.byteLength >= target.asksFrom", "payload.bytes.byteLength >= Infinity"],
  ["another region", TRANSPORT, "if (this.#target?.region === region)", "if (this.#target !== undefined)"],
];

export const S3_DIRECT: readonly Mutant[] = [
  ...SAID.map(([field, from, to = ""]) => ({
    name: `S3, direct: the ${field} is not said`,
    promise: behaviour("requests say the same by both ways"),
    file: REQUEST,
    from,
    to,
    seenBy: seenByTests("store/drivers/s3/direct/shadow.test.ts", "store/drivers/s3/direct/transport.test.ts"),
  })),
  ...SIGNED.map(([part, from, to]) => ({
    name: `S3, direct: the ${part} is not signed`,
    promise: behaviour("a signature is the SDK's, for all keys and headers"),
    file: SIGNATURE,
    from,
    to,
    seenBy: seenByTests("store/drivers/s3/direct/signature.test.ts"),
  })),
  ...GUARDS.map(([guard, file, from, to]) => ({
    name: `S3, direct: ${guard} is passed by`,
    promise: behaviour("what is yours in a client is not passed by"),
    file,
    from,
    to,
    seenBy: seenByTests("store/drivers/s3/direct/plain-client.test.ts"),
  })),
  {
    name: "S3, direct: nothing goes directly",
    promise: behaviour("with a client as it comes, all of them go past the middleware"),
    file: TRANSPORT,
    from: "if (this.#isUnfit || !this.#plain.hasOwnWay) return undefined;",
    to: "if (this.sent >= 0) return undefined;",
    seenBy: seenByTests("store/drivers/s3/direct/plain-client.test.ts"),
  },
  {
    name: "S3, direct: a body is not compared with its checksum",
    promise: behaviour("what is read is compared with the checksum that S3 keeps"),
    file: "store/drivers/s3/read.ts",
    from: "if (running?.isRight === false) throw corrupt(call);",
    to: "",
    seenBy: seenByTests("store/drivers/s3/direct/transport.test.ts"),
  },
  {
    name: "S3, direct: bytes are hashed again",
    promise: behaviour("bytes are hashed once on their way into S3"),
    file: "store/drivers/s3/write.ts",
    from: "digest === undefined ? knownSha256(bytes) : sha256Of(digest)",
    to: "digest === undefined ? undefined : sha256Of(digest)",
    seenBy: seenByTests("store/drivers/s3/direct/transport.test.ts"),
  },
  {
    name: "S3, direct: a busy server is asked again at once",
    promise: behaviour("a server that is busy is left alone for a while"),
    file: TRANSPORT,
    from: "if (BUSY.includes(response.status)) await this.#pause(signal);",
    to: "",
    seenBy: seenByTests("store/drivers/s3/direct/transport.test.ts"),
  },
  {
    name: "S3, direct: the SDK sends what was aborted",
    promise: behaviour("an abort ends a request at once, and the SDK does not send it anew"),
    file: TRANSPORT,
    from: '    signal?.throwIfAborted();\n    if (typeof response !== "object") return response;\n',
    to: '    if (typeof response !== "object") return response;\n',
    seenBy: seenByTests("store/drivers/s3/direct/transport.test.ts"),
  },
  {
    name: "S3, direct: the direct try is one more than S3_MAX_RETRIES says",
    promise: behaviour("the direct try counts among S3_MAX_RETRIES"),
    file: "store/drivers/s3/client/capped-retries.ts",
    from: "tried.getStore() === true ? 2 : 1",
    to: "1",
    seenBy: seenByTests("configure/create-store.test.ts"),
  },
  {
    name: "S3, direct: a request that is to be sent once is sent twice",
    promise: behaviour("the direct try counts among S3_MAX_RETRIES"),
    file: PLAIN,
    from: " && retryStrategy.attempts > 1",
    to: "",
    seenBy: seenByTests("configure/create-store.test.ts"),
  },
  {
    name: "S3, direct: a body that comes after an abort keeps its socket",
    promise: behaviour("a body that comes after an abort is freed"),
    file: TRANSPORT,
    from: 'if (signal?.aborted && typeof response === "object") response.body.destroy();',
    to: "",
    seenBy: seenByTests("store/drivers/s3/direct/transport.test.ts"),
  },
  {
    name: "S3, direct: an answer of nobody knows whom is taken",
    promise: behaviour("both ways give the same results and the same errors"),
    file: `${FOLDER}/answer.ts`,
    from: "isForeign(`${operation}Command`, headers, {}) ? undefined : described(headers)",
    to: "described(headers)",
    seenBy: seenByTests("store/drivers/s3/direct/shadow.test.ts"),
  },
];
