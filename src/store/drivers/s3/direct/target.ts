import * as endpoints from "@smithy/core/endpoints";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Address, Checksums } from "./object-request.js";
import { RequestSigner } from "./signature.js";

/** The destination of requests to a bucket, and the settings to send them with. */
export interface Target extends Address {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** The region of the client for which the other fields were found. */
  readonly region: string;
  readonly signer: RequestSigner;
  readonly checksums: Checksums;
  readonly userAgent: string;
  /** Smallest body in bytes for which the server is asked before the body is sent. */
  readonly asksFrom: number;
  /** Whether requests name the call of a Lambda function that sends them, by which Lambda stops loops. */
  readonly isTraced: boolean;
}

/** The settings that decide where requests go. A function of the user may return other values later. */
export interface Place {
  readonly region: string;
  readonly endpoint: Awaited<ReturnType<NonNullable<S3Client["config"]["endpoint"]>>> | undefined;
  readonly isDualstack: boolean;
  readonly isFips: boolean;
}

/** @throws every error that a part of the configuration throws */
export async function placeOf({ config }: S3Client): Promise<Place> {
  const [region, endpoint, isDualstack, isFips] = await Promise.all([
    config.region(),
    config.endpoint?.(),
    config.useDualstackEndpoint(),
    config.useFipsEndpoint(),
  ]);
  return { region, endpoint, isDualstack, isFips };
}

interface Scheme {
  readonly name?: string;
  readonly signingName?: string;
  readonly signingRegion?: string;
  readonly disableDoubleEncoding?: boolean;
}

/**
 * Reads the target of a bucket at a place from the configuration of a client. Returns `undefined` in these cases, which need the
 * SDK:
 *
 * - Directory buckets and access points of many regions need more than a signature in headers.
 * - One process may run several calls of a Lambda function at the same time, which only the SDK tells apart.
 *
 * @throws every error that a part of the configuration throws
 */
export async function targetOf({ config }: S3Client, bucket: string, place: Place): Promise<Target | undefined> {
  if ("AWS_LAMBDA_MAX_CONCURRENCY" in process.env) return undefined;
  const { region, endpoint, isDualstack, isFips } = place;
  const input = { Bucket: bucket, Key: "key" };
  // A copy, since the function stores there what it finds in the environment.
  const placed = {
    ...config,
    region: () => Promise.resolve(region),
    ...(endpoint !== undefined && { endpoint: () => Promise.resolve(endpoint) }),
    useDualstackEndpoint: () => Promise.resolve(isDualstack),
    useFipsEndpoint: () => Promise.resolve(isFips),
  };
  const {
    url,
    properties,
    headers = {},
  } = await endpoints.getEndpointFromInstructions(input, GetObjectCommand, placed, {});
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

// The SDK's own user agent, so that logs and policies still recognise it.
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
