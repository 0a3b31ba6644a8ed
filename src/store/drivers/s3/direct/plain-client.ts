import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { CappedRetries } from "../client/capped-retries.js";

type Config = Partial<Readonly<Record<string, unknown>>>;

// Settings that are the same in all clients. Any other value comes from the user.
const SAME = ["endpointProvider", "httpAuthSchemeProvider", "signingEscapePath"];
const OF_THE_SAME_CLASS = ["logger", "protocol"];

// All clients inherit this method. Taken at the start, because a mock may replace it for all clients at once.
const OWN_SEND = Reflect.get(Object.getPrototypeOf(S3Client.prototype) as object, "send") as unknown;

let unchanged: S3Client | undefined;

/** Returns an unchanged client of the SDK, to compare others with. It sends nothing. */
function unchangedClient(): S3Client {
  return (unchanged ??= new S3Client({ region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } }));
}

/**
 * Decides for one client whether its requests may bypass its middleware. They may not if any part of the way is the
 * user's.
 */
export class PlainClient {
  #isChecked = false;
  #isPlain = false;

  /** @param given the configuration of the client, if nobody else holds the client, which then can't change */
  constructor(
    private readonly client: S3Client,
    private readonly given: S3ClientConfig | undefined,
  ) {}

  /** Whether all requests still go through the SDK's own `send`, and only through its own middleware. */
  get hasOwnWay(): boolean {
    if (sendOf(this.client) !== OWN_SEND) return false;
    if (this.#isChecked) return this.#isPlain;
    this.#isPlain = middlewareOf(this.client) === middlewareOf(unchangedClient());
    this.#isChecked = true;
    // This check takes as long as a request. So it runs once for all requests that begin at the same time.
    if (this.given === undefined) setImmediate(() => (this.#isChecked = false));
    return this.#isPlain;
  }

  /** Tells whether every part that decides where and how requests are sent is the SDK's own. */
  async hasOwnParts(): Promise<boolean> {
    const config = this.client.config as unknown as Config;
    const own = unchangedClient().config as unknown as Config;
    if (SAME.some((name) => config[name] !== own[name])) return false;
    if (OF_THE_SAME_CLASS.some((name) => classOf(config[name]) !== classOf(own[name]))) return false;
    if (isGiven(config["bucketEndpoint"]) || !isEmpty(config["extensions"])) return false;
    if (schemesOf(config) !== schemesOf(own) || !isEmpty(await valueOf(config["authSchemePreference"]))) return false;
    const signer = await valueOf(config["signer"], { name: "sigv4" });
    if (classOf(signer) !== own["signerConstructor"]) return false;
    const { retryStrategy } = this.given ?? {};
    // With a single attempt, the SDK's request would already be the second one.
    if (retryStrategy !== undefined) return retryStrategy instanceof CappedRetries && retryStrategy.attempts > 1;
    return classOf(await valueOf(config["retryStrategy"])) === classOf(await valueOf(own["retryStrategy"]));
  }
}

// Code that replaces `send`, such as a mock, expects to see all requests.
function sendOf(client: S3Client): unknown {
  return Reflect.get(client, "send");
}

interface MiddlewareEntry {
  readonly name?: string;
  readonly step?: string;
  readonly priority?: string;
  readonly relation?: string;
  readonly toMiddleware?: string;
}

// The names do not tell, since middleware that overrides another takes its name and its place.
function middlewareOf({ middlewareStack }: S3Client): string {
  const found: string[] = [];
  const note = (middleware: unknown, { name, step, priority, relation, toMiddleware }: MiddlewareEntry): void =>
    void found.push([name, step, priority, relation, toMiddleware, middleware].join(" "));
  middlewareStack.applyToStack({ add: note, addRelativeTo: note } as never);
  return found.join("\n");
}

function schemesOf({ httpAuthSchemes }: Config): string {
  const schemes = httpAuthSchemes as readonly { readonly schemeId: string; readonly signer: object }[];
  return schemes.map(({ schemeId, signer }) => `${schemeId} ${signer.constructor.name}`).join();
}

function classOf(value: unknown): unknown {
  return (value as object).constructor;
}

function valueOf(setting: unknown, argument?: unknown): unknown {
  return typeof setting === "function" ? (setting as (given?: unknown) => unknown)(argument) : setting;
}

function isEmpty(list: unknown): boolean {
  return list === undefined || (Array.isArray(list) && list.length === 0);
}

function isGiven(setting: unknown): boolean {
  return setting !== undefined && setting !== false;
}
