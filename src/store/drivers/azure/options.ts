import { isObject } from "../../../json/is-object.js";
import { clockField, hasMethods, rule } from "../../../options/fields.js";
import type {
  BlobServiceClient,
  ContainerClient,
  StoragePipelineOptions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import * as z from "zod/mini";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import { connectionStringProblem, isBase64 } from "./connection-string.js";
import { CONTAINER_NAME } from "./names.js";
import { isOneAtMost, pathPrefix, soundText, wholeNumber } from "../driver-options.js";

/** Largest block, in bytes: 4,000 MiB (Azure, "Scalability and performance targets for Blob storage"). */
const MAX_BLOCK_SIZE = 4000 * 1024 ** 2;

/**
 * Most committed blocks of one blob (Azure, "Scalability and performance targets for Blob storage"). With
 * {@link MAX_BLOCK_SIZE}, the largest blob has 190.7 TiB.
 */
export const MAX_BLOCKS = 50_000;

/** The account's name and one of its two keys. */
export interface AzureSharedKey {
  accountName: string;
  /** The key in base64, the form in which the portal shows it. */
  accountKey: string;
}

/** A credential of `@azure/identity`, such as `DefaultAzureCredential`. */
export interface AzureTokenCredential {
  getToken(scopes: string | string[], options?: object): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/**
 * Options of {@link AzureStore}. One of `client`, `connectionString` and `accountUrl` is needed, to find the account.
 */
export interface AzureStoreOptions {
  /** Name of an existing container. The store never creates one. */
  container: string;
  /**
   * Path inside the container that holds all objects, such as `"coatcheck/prod"`. Callers never see it. Default:
   * none.
   */
  prefix?: string | undefined;
  /**
   * A client to use, of the container or of the account. The caller still owns it: its own retries and proxies apply.
   */
  client?: ContainerClient | BlobServiceClient | undefined;
  /** The connection string of the account, with its key or a shared access signature. */
  connectionString?: string | undefined;
  /**
   * URL of the account, such as `https://account.blob.core.windows.net`. Its query may hold a shared access signature
   * as the credential.
   */
  accountUrl?: string | undefined;
  /**
   * Credential of the account, only with `accountUrl`. Default: none, so the URL must have a shared access signature.
   */
  credential?: AzureSharedKey | StorageSharedKeyCredential | AzureTokenCredential | undefined;
  /**
   * Options for the client that the store makes: `proxyOptions`, `retryOptions`, ... Unless `retryOptions` says
   * otherwise, a request is sent up to three times, with pauses of up to 5 s.
   */
  clientOptions?: StoragePipelineOptions | undefined;
  /**
   * Bytes of one block, 64 KiB to 4,000 MiB, default 8 MiB. One Put Blob writes a body that fits into one block.
   * Azure takes 50,000 blocks, so this option also sets the largest object: 390 GiB by default.
   */
  blockSize?: number | undefined;
  /** Blocks of one object that are uploaded at the same time, and held in memory. At least 1, default 4. */
  queueSize?: number | undefined;
  /** Most objects that one request of a listing asks for, 1 to 5,000, default 5,000. */
  pageSize?: number | undefined;
  /**
   * Milliseconds without a response, or without progress of a body, after which a call fails with `TIMEOUT`. Default
   * 30,000. Retries of the client do not restart this time.
   */
  timeout?: number | undefined;
  /**
   * Whether `presign` can make URLs with a shared access signature. Needs the account's key: `CONFIG_INVALID` without
   * one. Default `false`.
   *
   * Not on by default, since a PUT to such a URL must send the header `x-ms-blob-type: BlockBlob`. Azure refuses a
   * plain PUT, which works with the URLs of other stores.
   */
  presign?: boolean | undefined;
  /** Clock of the timeouts and signatures. Default: the clock of this machine. */
  clock?: Clock | undefined;
}

const schema = z
  .strictObject({
    container: z.string().check(z.regex(CONTAINER_NAME, "must be a container's name")),
    prefix: pathPrefix,
    client: z.optional(
      z.custom<ContainerClient | BlobServiceClient>(isClient, "must be a ContainerClient or a BlobServiceClient"),
    ),
    connectionString: z.optional(soundText(connectionStringProblem)),
    accountUrl: z.optional(z.url({ protocol: /^https?$/, error: "must be an http or https URL" })),
    credential: z.optional(
      z.custom<NonNullable<AzureStoreOptions["credential"]>>(
        isCredential,
        "must be { accountName, accountKey }, the key in base64, or a credential of the Azure SDK",
      ),
    ),
    clientOptions: z.optional(z.custom<StoragePipelineOptions>(isObject, "must be an object")),
    blockSize: z._default(wholeNumber.check(z.gte(64 * 1024), z.lte(MAX_BLOCK_SIZE)), 8 * 1024 ** 2),
    queueSize: z._default(wholeNumber.check(z.gte(1)), 4),
    pageSize: z._default(wholeNumber.check(z.gte(1), z.lte(5000)), 5000),
    timeout: z._default(wholeNumber.check(z.gte(1), z.lte(2_147_483_647)), 30_000),
    presign: z._default(z.boolean(), false),
    clock: clockField,
  })
  .check(
    rule("accountUrl", "is needed, or client, or connectionString", (all) => sourcesOf(all).some(isGiven)),
    rule("accountUrl", "client, connectionString and accountUrl can't be combined", (all) =>
      isOneAtMost(...sourcesOf(all)),
    ),
    rule("credential", "needs accountUrl", (all) => all.credential === undefined || isGiven(all.accountUrl)),
    rule(
      "accountUrl",
      "must be https, for a token is sent there",
      ({ credential, accountUrl }) => !isTokenCredential(credential) || !isPlainHttp(accountUrl),
    ),
    rule("clientOptions", "can't be combined with client", (all) => isOneAtMost(all.client, all.clientOptions)),
    rule(
      "container",
      "is not that of client",
      ({ client, container }) => !isContainerClient(client) || client.containerName === container,
    ),
    rule("presign", "needs the key of the account to sign with", (all) => !all.presign || canSign(all)),
  );

function sourcesOf(options: Partial<Record<keyof AzureStoreOptions, unknown>>): unknown[] {
  return [options.client, options.connectionString, options.accountUrl];
}

function isGiven(option: unknown): boolean {
  return option !== undefined;
}

/** The checked options, with defaults filled in. */
export type ParsedAzureOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID`, which names every wrong field */
export function parseAzureOptions(options: AzureStoreOptions): ParsedAzureOptions {
  return parseOptions(schema, options, "AzureStore");
}

export function isContainerClient(client: unknown): client is ContainerClient {
  return hasMethods("getBlockBlobClient")(client);
}

export function isTokenCredential(credential: unknown): credential is AzureTokenCredential {
  return hasMethods("getToken")(credential);
}

/**
 * Tells whether a credential of the SDK holds the account's key. Does not check its class, since the caller may have
 * another copy of the SDK.
 */
export function isSharedKeyCredential(credential: unknown): credential is StorageSharedKeyCredential {
  return hasMethods("computeHMACSHA256")(credential);
}

export function isSharedKey(credential: unknown): credential is AzureSharedKey {
  if (!isObject(credential) || !("accountName" in credential) || !("accountKey" in credential)) return false;
  const { accountName, accountKey } = credential;
  return typeof accountName === "string" && accountName !== "" && isBase64(accountKey);
}

/** Tells whether the options hold the account's key, which signs URLs. */
function canSign({ client, connectionString, credential }: Partial<Record<keyof AzureStoreOptions, unknown>>): boolean {
  if (isObject(client)) return "credential" in client && isSharedKeyCredential(client.credential);
  if (typeof connectionString === "string") {
    return /AccountKey=|UseDevelopmentStorage=true/i.test(connectionString);
  }
  return isSharedKeyCredential(credential) || isSharedKey(credential);
}

function isPlainHttp(url: unknown): boolean {
  return typeof url === "string" && /^http:/i.test(url);
}

function isClient(client: unknown): boolean {
  return isContainerClient(client) || hasMethods("getContainerClient")(client);
}

function isCredential(credential: unknown): boolean {
  return isTokenCredential(credential) || isSharedKeyCredential(credential) || isSharedKey(credential);
}
