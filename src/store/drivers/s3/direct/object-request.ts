import type { SignableRequest } from "./signature.js";

/** The most frequent requests, by their names in the S3 API. */
export type ObjectOperation = "PutObject" | "GetObject" | "HeadObject" | "DeleteObject" | "HeadBucket";

/** The contents of a request, in the fields of the SDK's commands. */
export interface ObjectInput {
  readonly Bucket: string;
  /** Missing if the request is about the bucket. */
  readonly Key?: string | undefined;
  readonly Range?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}

/** The body of a request. */
export interface Payload {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, if known. */
  readonly sha256?: Buffer | undefined;
}

/** A body whose SHA-256 is known. */
export interface HashedPayload extends Payload {
  readonly sha256: Buffer;
}

/** The checksums that a client is configured for, of requests and of responses. */
export interface Checksums {
  readonly ofRequests: boolean;
  readonly ofAnswers: boolean;
}

interface OperationForm {
  readonly method: string;
  /** Whether a parameter names the operation, as in the SDK's requests. It adds nothing to the method. */
  readonly hasId?: true;
}

/** The HTTP forms of the operations (S3 API reference). */
const FORMS: Readonly<Record<ObjectOperation, OperationForm>> = {
  PutObject: { method: "PUT", hasId: true },
  GetObject: { method: "GET", hasId: true },
  HeadObject: { method: "HEAD" },
  DeleteObject: { method: "DELETE", hasId: true },
  HeadBucket: { method: "HEAD" },
};

// SHA-256 of an empty body.
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The destination of requests to one bucket. */
export interface Address {
  readonly host: string;
  /** Ends in a slash, after which the key follows. */
  readonly path: string;
}

/** A request, with its query in the form that the SDK's handlers take. */
export interface ObjectRequest extends SignableRequest {
  readonly parameters: Record<string, string> | undefined;
}

/** Makes the request for an operation. */
export function objectRequest(
  operation: ObjectOperation,
  input: ObjectInput,
  payload: HashedPayload | undefined,
  address: Address,
  checksums: Checksums,
): ObjectRequest {
  const { method, hasId } = FORMS[operation];
  const { Key = "", Range, IfMatch, IfNoneMatch, ContentType, ServerSideEncryption, SSEKMSKeyId, Metadata } = input;
  const payloadHash = payload === undefined ? EMPTY_HASH : payload.sha256.toString("hex");
  const headers: Record<string, string> = { host: address.host, "x-amz-content-sha256": payloadHash };
  if (Range !== undefined) headers["range"] = Range;
  if (IfMatch !== undefined) headers["if-match"] = IfMatch;
  if (IfNoneMatch !== undefined) headers["if-none-match"] = IfNoneMatch;
  if (ServerSideEncryption !== undefined) headers["x-amz-server-side-encryption"] = ServerSideEncryption;
  if (SSEKMSKeyId !== undefined) headers["x-amz-server-side-encryption-aws-kms-key-id"] = SSEKMSKeyId;
  for (const name in Metadata) headers[`x-amz-meta-${name.toLowerCase()}`] = Metadata[name]!;
  if (payload !== undefined) {
    headers["content-type"] = ContentType ?? "application/octet-stream";
    headers["content-length"] = String(payload.bytes.byteLength);
    if (checksums.ofRequests) {
      headers["x-amz-sdk-checksum-algorithm"] = "SHA256"; // otherwise Ceph checks the body, but keeps no checksum
      headers["x-amz-checksum-sha256"] = payload.sha256.toString("base64");
    }
  }
  if (operation === "GetObject" && checksums.ofAnswers) headers["x-amz-checksum-mode"] = "ENABLED";
  return {
    method,
    path: address.path + encodeKey(Key),
    query: hasId === undefined ? "" : `x-id=${operation}`,
    parameters: hasId && { "x-id": operation },
    headers,
    payloadHash,
  };
}

const UNRESERVED = /^[A-Za-z0-9._~/-]*$/;

// Follows RFC 3986, 2.3, which leaves fewer characters unencoded than encodeURIComponent.
function encodeKey(key: string): string {
  if (UNRESERVED.test(key)) return key;
  return encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
