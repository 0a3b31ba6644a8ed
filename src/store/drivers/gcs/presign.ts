import type { DriverCall } from "../driver-store.js";
import { abortable } from "../../../async/abort.js";
import { contentDisposition } from "../../content-disposition.js";
import type { PresignOptions } from "../../store.js";
import type { GcsBucket } from "./bucket.js";
import { toCredentialsError } from "./errors.js";

/**
 * Makes a V4 signed URL for one object and one method. With a private key, nothing is sent. Without one, the
 * credentials of a machine ask Google's IAM to sign.
 */
export async function presignObject(
  bucket: GcsBucket,
  path: string,
  { method, expiresIn, filename, contentType }: PresignOptions,
  call: DriverCall,
): Promise<string> {
  const name = bucket.objectName(path, call.details);
  const storage = await bucket.client.storage(call);
  const now = Date.now();
  try {
    const signed = storage
      .bucket(bucket.options.bucket)
      .file(name)
      .getSignedUrl({
        version: "v4",
        action: method === "GET" ? "read" : "write",
        accessibleAt: now, // otherwise the URL could be valid one second less, if a second ends in between
        expires: now + expiresIn * 1000,
        ...(filename !== undefined && { responseDisposition: contentDisposition(filename) }),
        ...(contentType !== undefined && { responseType: contentType }),
      });
    const [url] = await abortable(signed, call.signal, call.details);
    return url;
  } catch (error) {
    throw toCredentialsError(error, call);
  }
}
