import type { StorageSettings } from "../configure/env.js";

type SettingsOf<Provider> = Partial<Extract<StorageSettings, { provider: Provider }>>;

type Rights = {
  readonly [Provider in "s3" | "gcs" | "azure" | "redis" | "file"]: (
    settings: SettingsOf<Provider>,
    readsOnly: boolean,
  ) => object | string;
};

// Placeholders for a missing bucket or container.
const BUCKET = "BUCKET";
const CONTAINER = "CONTAINER";

const RIGHTS: Rights = {
  s3: s3Policy,
  gcs: gcsRole,
  azure: azureRole,
  redis: redisRule,
  file: (_, readsOnly) =>
    readsOnly
      ? "Read and search (r-x) on the directory and on all directories in it, read (r--) on files."
      : "Read, write and search (rwx) on the directory and on all directories in it.",
};

/**
 * Returns the least rights that a manager needs, in the service's own format.
 *
 * @param settings the store's settings; without them, the rights have placeholders to fill in
 * @param readsOnly whether the rights are for managers that only hydrate
 * @returns `undefined` for an unknown service
 */
export function leastRights(
  provider: string,
  settings: StorageSettings | undefined,
  readsOnly: boolean,
): object | string | undefined {
  return Object.hasOwn(RIGHTS, provider)
    ? RIGHTS[provider as keyof Rights]((settings ?? {}) as never, readsOnly)
    : undefined;
}

/** Returns an IAM policy. See https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html. */
function s3Policy({ bucket = BUCKET, prefix, sse, kmsKeyId }: SettingsOf<"s3">, readsOnly: boolean): object {
  const below = prefix === undefined ? "*" : `${prefix}/*`;
  // A copy needs the rights to read and to write. A failed multipart upload is aborted.
  const change = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "CoatcheckObjects",
        Effect: "Allow",
        Action: ["s3:GetObject", ...(readsOnly ? [] : change)],
        Resource: `arn:aws:s3:::${bucket}/${below}`,
      },
      {
        // Without this right, S3 answers 403 for a missing object instead of 404.
        Sid: "CoatcheckListing",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: `arn:aws:s3:::${bucket}`,
        ...(prefix !== undefined && { Condition: { StringLike: { "s3:prefix": `${prefix}/*` } } }),
      },
      ...(sse === "kms"
        ? [
            {
              Sid: "CoatcheckKey",
              Effect: "Allow",
              Action: ["kms:Decrypt", ...(readsOnly ? [] : ["kms:GenerateDataKey"])],
              Resource: kmsKeyId?.startsWith("arn:") === true ? kmsKeyId : `arn:aws:kms:*:*:key/${kmsKeyId ?? "KEY"}`,
            },
          ]
        : []),
    ],
  };
}

/**
 * Returns a custom role, and the condition under which to grant it. See
 * https://cloud.google.com/storage/docs/access-control/iam-permissions.
 */
function gcsRole({ bucket = BUCKET, prefix }: SettingsOf<"gcs">, readsOnly: boolean): object {
  const change = ["storage.objects.create", "storage.objects.delete", "storage.multipartUploads.abort"];
  const name = `projects/_/buckets/${bucket}/objects/${prefix === undefined ? "" : `${prefix}/`}`;
  return {
    role: {
      title: readsOnly ? "coatcheck reader" : "coatcheck",
      stage: "GA",
      includedPermissions: ["storage.objects.get", "storage.objects.list", ...(readsOnly ? [] : change)],
    },
    // Listing needs a right on the bucket. The bucket's name is shorter than every object's name.
    condition: {
      title: "coatcheck",
      expression: `resource.name == "projects/_/buckets/${bucket}" || resource.name.startsWith(${JSON.stringify(name)})`,
    },
  };
}

/** Returns a custom role. See https://learn.microsoft.com/azure/role-based-access-control/permissions/storage. */
function azureRole({ container = CONTAINER, account = "ACCOUNT" }: SettingsOf<"azure">, readsOnly: boolean): object {
  const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
  return {
    Name: readsOnly ? "coatcheck reader" : "coatcheck",
    Description: "What coatcheck needs of one container.",
    Actions: [],
    DataActions: [`${blobs}/read`, ...(readsOnly ? [] : [`${blobs}/write`, `${blobs}/add/action`, `${blobs}/delete`])],
    AssignableScopes: [
      `/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default/containers/${container}`,
    ],
  };
}

// Commands for connections, for reads, and for listings, which repair their index.
const REDIS_READS =
  "ping hello select info client|setinfo eval get getrange strlen exists time pttl scan zscore zrangebylex zadd zrem zremrangebylex";
const REDIS_CHANGES = "set setrange pexpire persist copy unlink zrandmember";

/**
 * Returns a line for `ACL SETUSER`. See https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/.
 */
function redisRule({ prefix = "coatcheck" }: SettingsOf<"redis">, readsOnly: boolean): string {
  const commands = (readsOnly ? REDIS_READS : `${REDIS_READS} ${REDIS_CHANGES}`).split(" ");
  return `ACL SETUSER coatcheck on >PASSWORD resetkeys ~${prefix}* resetchannels -@all ${commands.map((name) => `+${name}`).join(" ")}`;
}
