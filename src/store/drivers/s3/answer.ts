import { Readable } from "node:stream";

/** The name of the failure for a response that can't be from S3. */
export const FOREIGN_ANSWER = "ForeignAnswer";

// The fields that a response of S3 must have, by command (S3 API reference; the fields of the SDK). A proxy, a
// captive portal or another server may answer in place of S3, with status 200 and a page.
const REQUIRED: ReadonlyMap<string, (output: Output) => unknown> = new Map(
  Object.entries<(output: Output) => unknown>({
    ListObjectsV2Command: hasFields,
    ListPartsCommand: hasFields,
    CopyObjectCommand: ({ CopyObjectResult }) => CopyObjectResult !== undefined && hasFields(CopyObjectResult),
    CreateMultipartUploadCommand: ({ UploadId }) => UploadId,
    UploadPartCommand: ({ ETag }) => ETag,
    UploadPartCopyCommand: ({ CopyPartResult }) => CopyPartResult?.["ETag"],
    // Ceph 16 sends an empty ETag.
    CompleteMultipartUploadCommand: ({ ETag, Key, Location }) => ETag || Key || Location,
  }),
);

// An object may be a page, but S3 sends more headers about it than a server of pages does.
const OBJECTS: ReadonlySet<string> = new Set(["GetObjectCommand", "HeadObjectCommand"]);

// Commands whose response has no body.
const BODILESS: ReadonlySet<string> = new Set(["PutObjectCommand", "UploadPartCommand", "DeleteObjectCommand"]);

interface Output {
  readonly Body?: unknown;
  readonly UploadId?: string | undefined;
  readonly ETag?: string | undefined;
  readonly Key?: string | undefined;
  readonly Location?: string | undefined;
  readonly CopyObjectResult?: Record<string, unknown> | undefined;
  readonly CopyPartResult?: Record<string, unknown> | undefined;
}

interface Answered {
  readonly response: unknown;
  readonly output: object;
}

/** A middleware of the SDK. Fails if a response with a success status can't be from S3. */
export function refuseForeign<Args extends object, Result extends object>(
  next: (args: Args) => Promise<Result>,
  context: { commandName?: string },
): (args: Args) => Promise<Result> {
  return async (args) => {
    const result = await next(args);
    const { response, output } = result as unknown as Answered;
    if (!isForeign(context.commandName ?? "", headersOf(response), output)) return result;
    // An unread body would hold its socket.
    if ("Body" in output && output.Body instanceof Readable) output.Body.destroy();
    throw Object.assign(new Error(FOREIGN_ANSWER), { name: FOREIGN_ANSWER });
  };
}

/** Tells whether a response with a success status can't be from S3. @param command name of its class */
export function isForeign(
  command: string,
  headers: Readonly<Record<string, string | undefined>>,
  output: Output,
): boolean {
  const required = REQUIRED.get(command);
  if (required !== undefined && !required(output)) return true;
  if (Object.keys(headers).some((name) => name.startsWith("x-amz-"))) return false;
  if (OBJECTS.has(command)) return headers["etag"] === undefined;
  if (/html/i.test(headers["content-type"] ?? "")) return true;
  const length = headers["content-length"];
  const hasBody = length === undefined ? headers["transfer-encoding"] !== undefined : length !== "0";
  return BODILESS.has(command) && hasBody && !headers["etag"];
}

function hasFields(output: object): boolean {
  return Object.keys(output).some((name) => name !== "$metadata");
}

function headersOf(response: unknown): Record<string, string> {
  if (typeof response !== "object" || response === null || !("headers" in response)) return {};
  const headers = response.headers as Record<string, string>;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
