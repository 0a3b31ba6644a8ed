import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { CappedRetries } from "../client/capped-retries.js";

type Config = Partial<Readonly<Record<string, unknown>>>;

// What clients have in common, so that anything else there is the user's.
const SAME = ["endpointProvider", "httpAuthSchemeProvider", "signingEscapePath"];
const OF_THE_SAME_CLASS = ["logger", "protocol"];

let unchanged: S3Client | undefined;

/** A client of the SDK as it comes, to compare others with. It sends nothing. */
function unchangedClient(): S3Client {
  return (unchanged ??= new S3Client({ region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } }));
}

/** Says of one client whether its requests may go past its middleware: not where anything on the way is the user's. */
export class PlainClient {
  readonly #client: S3Client;
  #isChecked = false;
  #isPlain = false;

  /** @param given what the client was made of, if nobody else holds it, so that it stays as it is */
  constructor(
    client: S3Client,
    private readonly given: S3ClientConfig | undefined,
  ) {
    this.#client = client;
  }

  /** Whether all requests still go through the SDK's own `send`, and its own middleware alone. */
  get hasOwnWay(): boolean {
    if (sendOf(this.#client) !== sendOf(unchangedClient())) return false;
    if (this.#isChecked) return this.#isPlain;
    this.#isPlain = middlewareOf(this.#client) === middlewareOf(unchangedClient());
    this.#isChecked = true;
    // To ask takes as long as a request, so it is asked once for all that begin at a time.
    if (this.given === undefined) setImmediate(() => (this.#isChecked = false));
    return this.#isPlain;
  }

  /** Whether nothing that decides where and how requests are sent is the user's. */
  async hasOwnParts(): Promise<boolean> {
    const config = this.#client.config as unknown as Config;
    const own = unchangedClient().config as unknown as Config;
    if (SAME.some((name) => config[name] !== own[name])) return false;
    if (OF_THE_SAME_CLASS.some((name) => classOf(config[name]) !== classOf(own[name]))) return false;
    if (isGiven(config["bucketEndpoint"]) || !isEmpty(config["extensions"])) return false;
    if (schemesOf(config) !== schemesOf(own) || !isEmpty(await valueOf(config["authSchemePreference"]))) return false;
    const signer = await valueOf(config["signer"], { name: "sigv4" });
    if (classOf(signer) !== own["signerConstructor"]) return false;
    const { retryStrategy } = this.given ?? {};
    // Of one attempt, the SDK's would be the second.
    if (retryStrategy !== undefined) return retryStrategy instanceof CappedRetries && retryStrategy.attempts > 1;
    return classOf(await valueOf(config["retryStrategy"])) === classOf(await valueOf(own["retryStrategy"]));
  }
}

// Who replaces it, as mocks do, wants to see all requests.
function sendOf(client: S3Client): unknown {
  return Reflect.get(client, "send");
}

function middlewareOf({ middlewareStack }: S3Client): string {
  return middlewareStack.identify().join("\n");
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
