import { Readable } from "node:stream";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { AdaptiveRetryStrategy, ConfiguredRetryStrategy, StandardRetryStrategy } from "@smithy/core/retry";
import { createS3Store } from "../../../../../src/store/drivers/s3/create-s3-store.js";
import { S3Store, type S3StoreOptions } from "../../../../../src/s3.js";
import { s3ClientConfig } from "../../../../fixtures/s3-server.js";
import { startScriptedServer } from "../../../../fixtures/scripted-server.js";

// The exact types of the SDK have no word for it.
const ON_AWS = { endpoint: undefined } as object as S3ClientConfig;

/** Says of each request whether the SDK's middleware made it. */
type Ways = ("sdk" | "direct")[];

interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
}

function configOf(handle: (request: SentRequest) => Promise<unknown>): S3ClientConfig {
  return { ...s3ClientConfig("http://127.0.0.1:9"), requestHandler: { handle } as never };
}

/** The configuration of a client that reaches nobody, and where its requests came from. */
function tracedConfig(config: S3ClientConfig = {}): { ways: Ways; config: S3ClientConfig } {
  const ways: Ways = [];
  const handle = ({ headers }: SentRequest) => {
    ways.push("amz-sdk-invocation-id" in headers ? "sdk" : "direct");
    const answer = { statusCode: 200, headers: { etag: '"1"', "content-length": "0" }, body: Readable.from([]) };
    return Promise.resolve({ response: answer });
  };
  return { ways, config: { ...configOf(handle), ...config } };
}

async function useAll(store: S3Store): Promise<void> {
  await store.write("a", "x");
  await (await store.read("a")).bytes();
  await store.stat("a");
  await store.delete("a");
}

const ALL_DIRECT: Ways = ["direct", "direct", "direct", "direct"];
const ALL_SDK: Ways = ["sdk", "sdk", "sdk", "sdk"];

async function waysOf(config: S3ClientConfig, options: Partial<S3StoreOptions> = {}): Promise<Ways> {
  const { ways, config: clientConfig } = tracedConfig(config);
  await using store = new S3Store({ bucket: "bucket", clientConfig, ...options });
  await useAll(store);
  return ways;
}

/** The same of a client that is the caller's. */
async function waysOfClient(
  config: S3ClientConfig,
  change: (client: S3Client) => void = () => undefined,
): Promise<Ways> {
  const traced = tracedConfig(config);
  const client = new S3Client(traced.config);
  change(client);
  await using store = new S3Store({ bucket: "bucket", client });
  await useAll(store);
  return traced.ways;
}

const passOn = <Args, Result>(next: (args: Args) => Promise<Result>) => next;
class OwnClient extends S3Client {
  override readonly send = S3Client.prototype.send.bind(this) as never;
}

describe("requests are sent directly", () => {
  it.each<[string, S3ClientConfig]>([
    ["with a client as it comes", {}],
    [
      "with functions for what they may be",
      {
        region: () => Promise.resolve("eu-west-1"),
        credentials: () => Promise.resolve({ accessKeyId: "A", secretAccessKey: "B" }),
      },
    ],
    ["with a profile, a number of attempts, an own name", { profile: "none", maxAttempts: 5, customUserAgent: "mine" }],
    ["to other addresses of AWS", { ...ON_AWS, useDualstackEndpoint: true, useFipsEndpoint: true }],
  ])("all of them, %s", async (_name, config) => {
    await expect(waysOf(config)).resolves.toEqual(ALL_DIRECT);
    await expect(waysOfClient(config)).resolves.toEqual(ALL_DIRECT);
  });

  it("with the client that the environment describes", async () => {
    const server = await startScriptedServer();
    server.script = [{ status: 200, headers: { etag: '"1"' } }];
    const credentials = { accessKeyId: "A", secretAccessKey: "B" };
    const others = {
      prefix: undefined,
      region: undefined,
      partSize: undefined,
      queueSize: undefined,
      sse: undefined,
      kmsKeyId: undefined,
      timeout: undefined,
    };
    const settings = {
      provider: "s3",
      bucket: "bucket",
      endpoint: server.endpoint,
      forcePathStyle: true,
      credentials,
      maxRetries: 3,
      maxBackoff: 10,
      ...others,
    } as const;
    await using store = await createS3Store(settings);
    await useAll(store);
    await server.stop();
    expect(server.received.map(({ headers }) => "amz-sdk-invocation-id" in headers)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("with a body below the size from which the server is asked first, and below a limit that is given", async () => {
    const write = async (size: number, config: S3ClientConfig = {}): Promise<Ways> => {
      const { ways, config: clientConfig } = tracedConfig(config);
      await using store = new S3Store({ bucket: "bucket", clientConfig });
      await store.write("a", Buffer.alloc(size));
      return ways;
    };
    const limit = 2 * 1024 ** 2;
    await expect(write(limit - 1)).resolves.toEqual(["direct"]);
    await expect(write(limit)).resolves.toEqual(["sdk"]);
    await expect(write(10, { expectContinueHeader: 10 })).resolves.toEqual(["sdk"]);
    await expect(write(9, { expectContinueHeader: 10 })).resolves.toEqual(["direct"]);
    await expect(write(0, { expectContinueHeader: true })).resolves.toEqual(["sdk"]);
    await expect(write(limit, { expectContinueHeader: false })).resolves.toEqual(["direct"]);
  });
});

describe("requests go through the SDK", () => {
  const usual = new S3Client(s3ClientConfig("http://127.0.0.1:9"));
  const { signerConstructor } = usual.config as unknown as Required<Pick<S3ClientConfig, "signerConstructor">>;
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  it.each<[string, S3ClientConfig]>([
    ["a signer", { signer: { sign: (request) => Promise.resolve(request) } }],
    ["an endpoint provider", { endpointProvider: (...given) => usual.config.endpointProvider(...given) }],
    ["a retry strategy", { retryStrategy: new ConfiguredRetryStrategy(1) }],
    ["an adaptive retry strategy", { retryStrategy: new AdaptiveRetryStrategy(() => Promise.resolve(1)) }],
    ["retries that adapt", { retryMode: "adaptive" }],
    ["a logger", { logger: quiet }],
    ["an extension", { extensions: [{ configure: () => undefined }] }],
    ["another order of signatures", { authSchemePreference: ["aws.auth#sigv4"] }],
    [
      "another way to choose signatures",
      { httpAuthSchemeProvider: (...given) => usual.config.httpAuthSchemeProvider(...given) },
    ],
    ["another class of signers", { signerConstructor: class extends signerConstructor {} }],
  ])("with %s", async (_name, config) => {
    await expect(waysOf(config)).resolves.toEqual(ALL_SDK);
    await expect(waysOfClient(config)).resolves.toEqual(ALL_SDK);
  });

  it("with buckets that are endpoints", async () => {
    const warned = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    const { ways, config } = tracedConfig({ bucketEndpoint: true });
    await using store = new S3Store({ bucket: "bucket", clientConfig: config });
    await store.delete("a").catch(() => undefined); // it is none
    expect(warned).toHaveBeenCalled();
    warned.mockRestore();
    expect(ways).toEqual([]);
  });

  it("with a retry strategy of the SDK's that the caller made", async () => {
    await expect(waysOf({ retryStrategy: new StandardRetryStrategy(1) })).resolves.toEqual(ALL_SDK);
  });

  it("when they are told to", async () => {
    await expect(waysOf({}, { transport: "sdk" })).resolves.toEqual(ALL_SDK);
    await expect(waysOf({}, { transport: "direct" })).resolves.toEqual(ALL_DIRECT);
  });

  it.each<[string, (client: S3Client) => void]>([
    ["middleware", (client) => client.middlewareStack.add(passOn, { step: "build", name: "mine" })],
    ["middleware without a name", (client) => client.middlewareStack.add(passOn)],
    [
      "middleware beside another",
      (client) => client.middlewareStack.addRelativeTo(passOn, { relation: "before", toMiddleware: "retryMiddleware" }),
    ],
    ["less middleware", (client) => client.middlewareStack.remove("recursionDetectionMiddleware")],
    ["another send", (client) => (client.send = S3Client.prototype.send.bind(client) as never)],
  ])("with %s", async (_name, change) => {
    await expect(waysOfClient({}, change)).resolves.toEqual(ALL_SDK);
  });

  it("with a client of a class of the caller's that sends otherwise", async () => {
    const { ways, config } = tracedConfig();
    await using store = new S3Store({ bucket: "bucket", client: new OwnClient(config) });
    await useAll(store);
    expect(ways).toEqual(ALL_SDK);
  });

  it("with middleware in the place of the SDK's own, by its name", async () => {
    let calls = 0;
    // The last one that was added: for any other, the order of the names would tell.
    await waysOfClient({}, (client) =>
      client.middlewareStack.add((next) => (args) => (calls++, next(args)), {
        step: "build",
        priority: "normal",
        name: "s3ExpressMiddleware",
        override: true,
      }),
    );
    expect(calls).toBe(4);
  });

  it.each<[string, { send: S3Client["send"] }]>([
    ["clients of S3", S3Client.prototype],
    ["clients", Object.getPrototypeOf(S3Client.prototype) as S3Client],
  ])("with another send of all %s, such as a mock's", async (_name, prototype) => {
    const spy = jest.spyOn(prototype, "send");
    try {
      await expect(waysOf({})).resolves.toEqual(ALL_SDK);
      expect(spy).toHaveBeenCalledTimes(4);
    } finally {
      spy.mockRestore();
    }
    await expect(waysOf({})).resolves.toEqual(ALL_DIRECT);
  });

  it("with credentials that it refuses", async () => {
    const { ways, config } = tracedConfig({ credentials: () => Promise.resolve({} as never) });
    await using store = new S3Store({ bucket: "bucket", clientConfig: config });
    await expect(store.stat("a")).rejects.toMatchObject({ code: "UNEXPECTED" });
    expect(ways).toEqual([]);
  });

  it("from when on there is middleware, or another send", async () => {
    for (const change of [
      (client: S3Client) => client.middlewareStack.add(passOn, { step: "build" }),
      (client: S3Client) => (client.send = S3Client.prototype.send.bind(client) as never),
    ]) {
      const { ways, config } = tracedConfig();
      const client = new S3Client(config);
      await using store = new S3Store({ bucket: "bucket", client });
      await store.stat("a");
      await new Promise(setImmediate); // requests that begin at the same time are judged once
      change(client);
      await store.stat("a");
      expect(ways).toEqual(["direct", "sdk"]);
    }
  });

  it("to a directory bucket, and to an access point of many regions", async () => {
    const aws = { ...ON_AWS, region: "us-east-1", forcePathStyle: false };
    for (const bucket of ["mine--use1-az4--x-s3", "arn:aws:s3::123456789012:accesspoint/many.mrap"]) {
      const { ways, config } = tracedConfig(aws);
      await using store = new S3Store({ bucket, clientConfig: config });
      await store.delete("a").catch(() => undefined); // the one needs a session, the other another signature
      expect(ways).not.toContain("direct");
    }
  });

  it("where a process has many calls of a Lambda function at a time; where it has one, they say which", async () => {
    const sent: (string | undefined)[] = [];
    const handle = ({ headers }: SentRequest) => {
      sent.push(headers["x-amzn-trace-id"]);
      return Promise.resolve({ response: { statusCode: 204, headers: {}, body: Readable.from([]) } });
    };
    const environment = jest.replaceProperty(process, "env", { ...process.env, AWS_LAMBDA_FUNCTION_NAME: "function" });
    try {
      await using store = new S3Store({ bucket: "bucket", clientConfig: configOf(handle) });
      for (const trace of ["Root=1", "Root=2"]) {
        process.env["_X_AMZN_TRACE_ID"] = trace;
        await store.delete("a");
      }
      expect(sent).toEqual(["Root=1", "Root=2"]);
      process.env["AWS_LAMBDA_MAX_CONCURRENCY"] = "2";
      await expect(waysOf({})).resolves.toEqual(ALL_SDK);
    } finally {
      environment.restore();
    }
  });
});

describe("half-public parts of the SDK", () => {
  type Parts = Record<string, unknown>;
  it.each<[string, (config: Parts, client: S3Client) => void]>([
    ["the retry strategy", (config) => delete config["retryStrategy"]],
    ["the signer", (config) => delete config["signer"]],
    ["its class", (config) => delete config["signerConstructor"]],
    ["the endpoint provider", (config) => delete config["endpointProvider"]],
    ["the schemes", (config) => delete config["httpAuthSchemes"]],
    ["the protocol", (config) => delete config["protocol"]],
    ["the logger", (config) => delete config["logger"]],
    ["the user agent", (config) => delete config["defaultUserAgentProvider"]],
    [
      "the way to list middleware",
      (_config, client) => delete (client.middlewareStack as unknown as Parts)["applyToStack"],
    ],
  ])("that are missing are no reason to fail: %s", async (_name, remove) => {
    const { ways, config } = tracedConfig();
    const client = new S3Client(config);
    await using store = new S3Store({ bucket: "bucket", client });
    remove(client.config as unknown as Parts, client);
    await store.delete("a").catch(() => undefined); // the SDK itself may need them
    expect(ways).not.toContain("direct");
  });
});

it("sends to the region that the client names at the time", async () => {
  const hosts: string[] = [];
  const handle = ({ hostname }: { hostname: string }) => {
    hosts.push(hostname);
    return Promise.resolve({ response: { statusCode: 204, headers: {}, body: Readable.from([]) } });
  };
  const regions = ["eu-west-1", "eu-west-1", "eu-west-3"];
  const region = () => Promise.resolve(regions[Math.min(hosts.length, 2)]!);
  const clientConfig = {
    ...s3ClientConfig(""),
    ...ON_AWS,
    forcePathStyle: false,
    region,
    requestHandler: { handle } as never,
  };
  await using store = new S3Store({ bucket: "bucket", clientConfig });
  for (let call = 0; call < 3; call++) await store.delete("a");
  expect(hosts).toEqual([
    "bucket.s3.eu-west-1.amazonaws.com",
    "bucket.s3.eu-west-1.amazonaws.com",
    "bucket.s3.eu-west-3.amazonaws.com",
  ]);
});

it.each<[string, (isSecond: boolean) => S3ClientConfig, string[]]>([
  ["endpoint", (isSecond) => ({ endpoint: `http://${isSecond ? "b" : "a"}.example:9000` }), ["a.example", "b.example"]],
  [
    "kind of address",
    (isSecond) => ({ ...ON_AWS, useDualstackEndpoint: isSecond, useFipsEndpoint: isSecond }),
    ["s3.us-east-1.amazonaws.com", "s3-fips.dualstack.us-east-1.amazonaws.com"],
  ],
])("sends to the %s that the client names at the time", async (_name, configAt, expected) => {
  const hosts: string[] = [];
  const handle = ({ hostname, headers }: SentRequest & { hostname: string }) => {
    expect(headers).not.toHaveProperty("amz-sdk-invocation-id");
    hosts.push(hostname);
    return Promise.resolve({ response: { statusCode: 204, headers: {}, body: Readable.from([]) } });
  };
  const functions = Object.keys(configAt(false)).map((name) => {
    const valueNow = () => Promise.resolve(configAt(hosts.length > 0)[name as keyof S3ClientConfig]);
    return [name, configAt(false)[name as keyof S3ClientConfig] === undefined ? undefined : valueNow];
  });
  const config = { ...s3ClientConfig(""), ...(Object.fromEntries(functions) as S3ClientConfig) };
  await using store = new S3Store({
    bucket: "bucket",
    clientConfig: { ...config, requestHandler: { handle } as never },
  });
  for (let call = 0; call < 3; call++) await store.delete("a");
  expect(hosts).toEqual([...expected, expected[1]]);
});
