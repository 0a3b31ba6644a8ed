import { isObject } from "../../../json/is-object.js";
import { clockField, hasMethods, rule } from "../../../options/fields.js";
import type { Agent } from "node:http";
import type { Storage, StorageOptions } from "@google-cloud/storage";
import * as z from "zod/mini";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import { conditionFlags, isOneAtMost, pathPrefix, wholeNumber } from "../driver-options.js";
import { BUCKET_NAME, BUCKET_PROBLEM } from "./bucket-name.js";

/** The unit of resumable uploads in bytes. Every chunk but the last is a multiple of it (GCS, "Resumable uploads"). */
export const CHUNK_UNIT = 256 * 1024;

/** Largest object in bytes: 5 TiB (GCS, "Quotas & limits"). */
export const MAX_OBJECT_SIZE = 5 * 1024 ** 4;

/** Most bytes of user metadata of one object, keys and values together (GCS, "Quotas & limits"). */
export const MAX_METADATA_SIZE = 8 * 1024;

/** The features in which servers and credentials differ. */
export interface GcsFeatures {
  /** Whether the server honours `ifGenerationMatch=0` on uploads. */
  ifNoneMatch: boolean;
  /** Whether the server honours `ifGenerationMatch=<generation>` on uploads. */
  ifMatch: boolean;
  /** Whether the server honours `ifGenerationMatch=<generation>` on deletes. */
  deleteIfMatch: boolean;
  /** Whether the credentials can sign URLs. Those of a service account can, those of a user can't. */
  presign: boolean;
  /** Whether the server takes a resumable upload in several requests. */
  chunkedUpload: boolean;
}

/** Options of {@link GcsStore}. */
export interface GcsStoreOptions {
  /** Name of an existing bucket. The store never creates one. */
  bucket: string;
  /** Path inside the bucket that holds all objects, such as `"coatcheck/prod"`. Callers never see it. Default: none. */
  prefix?: string | undefined;
  /** A client to use. Its credentials, endpoint, interceptors and `retryOptions` apply. */
  client?: Storage | undefined;
  /**
   * Configuration of the client that the store makes at first use: `credentials`, `keyFilename`, `projectId`,
   * `apiEndpoint`, ... Default: the settings that the library finds in the environment. Unless `retryOptions` says
   * otherwise, the client makes up to three retries within 60 s.
   */
  clientConfig?: StorageOptions | undefined;
  /**
   * Bytes in one request of an upload whose length is not known in advance. The store holds these bytes in memory. A
   * multiple of 256 KiB, default 8 MiB. One request without a session writes a body that fits into a chunk.
   */
  chunkSize?: number | undefined;
  /** Milliseconds without a byte in either direction, after which a request fails with `TIMEOUT`. Default 30,000. */
  timeout?: number | undefined;
  /**
   * The agent that makes the connections, for a proxy. The caller still owns it. Default: an agent that keeps
   * connections alive.
   */
  agent?: Agent | undefined;
  /**
   * Features of the server and the credentials. Default on Google's endpoint: all `true`, but `presign` only if
   * `credentials` with a private key are given. Default on other endpoints: all `false`, since emulators silently
   * ignore conditions. `GcsStore.detect()` finds out which features work.
   */
  capability?: Partial<GcsFeatures> | undefined;
  /** Clock of the pauses between attempts. Default: the clock of this machine. */
  clock?: Clock | undefined;
}

const schema = z
  .strictObject({
    bucket: z.string().check(z.regex(BUCKET_NAME, BUCKET_PROBLEM)),
    prefix: pathPrefix,
    client: z.optional(z.custom<Storage>(isClient, "must be a Storage")),
    clientConfig: z.optional(
      z
        .custom<StorageOptions>(isObject, "must be an object")
        .check(z.refine(hasEndpoint, "must have a host, or an http or https URL, as its apiEndpoint")),
    ),
    chunkSize: z._default(
      wholeNumber.check(z.gte(CHUNK_UNIT), z.lte(1024 ** 3), z.multipleOf(CHUNK_UNIT, "must be a multiple of 262144")),
      8 * 1024 ** 2,
    ),
    timeout: z._default(wholeNumber.check(z.gte(1), z.lte(3_600_000)), 30_000),
    agent: z.optional(z.custom<Agent>(hasMethods("addRequest"), "must be an Agent")),
    capability: z.optional(
      z.strictObject({
        ...conditionFlags,
        presign: z.optional(z.boolean()),
        chunkedUpload: z.optional(z.boolean()),
      }),
    ),
    clock: clockField,
  })
  .check(rule("clientConfig", "can't be combined with client", (all) => isOneAtMost(all.client, all.clientConfig)));

/** The checked options, with defaults filled in. */
export type ParsedGcsOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID`, which names every wrong field */
export function parseGcsOptions(options: GcsStoreOptions): ParsedGcsOptions {
  return parseOptions(schema, options, "GcsStore");
}

// The library takes a bare host as https.
function hasEndpoint(config: unknown): boolean {
  const { apiEndpoint } = (isObject(config) ? config : {}) as StorageOptions;
  if (apiEndpoint === undefined) return true;
  if (typeof apiEndpoint !== "string" || apiEndpoint === "") return false;
  const url = /^https?:\/\//.test(apiEndpoint) ? apiEndpoint : `https://${apiEndpoint}`;
  return URL.canParse(url) && !apiEndpoint.replace(/^https?:\/\//, "").includes("://") && new URL(url).hostname !== "";
}

function isClient(value: unknown): boolean {
  return isObject(value) && "makeAuthenticatedRequest" in value && "apiEndpoint" in value && "bucket" in value;
}
