import * as endpoints from "@smithy/core/endpoints";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Address, Checksums } from "./object-request.js";
import { RequestSigner } from "./signature.js";

/** Where requests to a bucket go, and with what. */
export interface Target extends Address {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** The region of the client that the rest was found by. */
  readonly region: string;
  readonly signer: RequestSigner;
  readonly checksums: Checksums;
  readonly userAgent: string;
  /** Bytes of a body from which on the server is asked before it is sent. */
  readonly asksFrom: number;
  /** Whether requests say which call of a Lambda function they are of: Lambda stops loops by it. */
  readonly isTraced: boolean;
}

interface Scheme {
  readonly name?: string;
  readonly signingName?: string;
  readonly signingRegion?: string;
  readonly disableDoubleEncoding?: boolean;
}

/**
 * What the configuration of a client says of a bucket, `undefined` where the requests need more than a signature in
 * headers (directory buckets, access points of many regions), or where one process has several calls of a Lambda function at
 * a time, which the SDK tells apart.
 *
 * @throws whatever parts of the configuration do
 */
export async function targetOf({ config }: S3Client, bucket: string): Promise<Target | undefined> {
  if ("AWS_LAMBDA_MAX_CONCURRENCY" in process.env) return undefined;
  const region = await config.region();
  const input = { Bucket: bucket, Key: "key" };
  // A copy: it notes there what it finds in the environment.
  const {
    url,
    properties,
    headers = {},
  } = await endpoints.getEndpointFromInstructions(input, GetObjectCommand, { ...config }, {});
  const [scheme] = (properties?.["authSchemes"] ?? []) as readonly Scheme[];
  if (scheme?.name !== "sigv4" || scheme.signingName !== "s3" || scheme.disableDoubleEncoding !== true)
    return undefined;
  if (Object.keys(headers).length > 0 || url.username !== "" || url.password !== "" || url.search !== "")
    return undefined;
  return {
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port === "" ? undefined : Number(url.port),
    host: url.host,
    path: url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`,
    region,
    signer: new RequestSigner(scheme.signingRegion ?? region, scheme.signingName),
    checksums: {
      ofRequests: (await config.requestChecksumCalculation()) === "WHEN_SUPPORTED",
      ofAnswers: (await config.responseChecksumValidation()) === "WHEN_SUPPORTED",
    },
    userAgent: await userAgentOf(config),
    asksFrom: asksFrom(config.expectContinueHeader),
    isTraced: "AWS_LAMBDA_FUNCTION_NAME" in process.env,
  };
}

// As the SDK names itself, so that logs and policies that know it go on knowing it.
async function userAgentOf(config: S3Client["config"]): Promise<string> {
  const names = [...(await config.defaultUserAgentProvider()), ...(config.customUserAgent ?? [])];
  const appId = await config.userAgentAppId();
  if (appId !== undefined) names.push(["app", appId]);
  return names.map(([name, version]) => productOf(name, version)).join(" ");
}

function productOf(name: string, version: string | undefined): string {
  const separator = name.includes("/") ? "#" : "/";
  const text = version === undefined ? name : `${name}${separator}${version}`;
  return text.replace(/^api\/\w+/, (api) => api.toLowerCase()).replace(/[^\w!$%&'*+.^`|~/#-]/g, "-");
}

function asksFrom(setting: boolean | number | undefined): number {
  if (typeof setting === "number") return setting;
  return setting === false ? Infinity : 0;
}
