import type { DriverCall } from "../driver-store.js";
import type { ContainerClient } from "@azure/storage-blob";
import { contentDisposition } from "../../content-disposition.js";
import type { PresignOptions } from "../../store.js";
import { loadSdk } from "./client.js";
import type { AzureContainer } from "./container.js";

/** Makes a URL with a shared access signature for one blob. Sends nothing. */
export async function presignObject(
  container: AzureContainer,
  path: string,
  { method, expiresIn, filename, contentType }: PresignOptions,
  call: DriverCall,
): Promise<string> {
  const name = container.blobName(path, call.details);
  const { clock } = container.options;
  const answer = {
    ...(filename !== undefined && { contentDisposition: contentDisposition(filename) }),
    ...(contentType !== undefined && { contentType }),
  };
  return container.send(call, ({ client }) =>
    signedUrl(client, name, method === "GET" ? "r" : "cw", clock.now() + expiresIn * 1000, answer),
  );
}

/**
 * Signs a URL for one blob.
 *
 * @param permissions `r` read, `c` create, `w` write
 * @param expires ms of the epoch
 * @param answer headers of the response, in place of those of the blob
 */
export async function signedUrl(
  client: ContainerClient,
  name: string,
  permissions: "r" | "cw",
  expires: number,
  answer: { contentDisposition?: string; contentType?: string } = {},
): Promise<string> {
  const { BlobSASPermissions, SASProtocol } = await loadSdk();
  return client.getBlobClient(name).generateSasUrl({
    permissions: BlobSASPermissions.parse(permissions),
    // Azure counts in whole seconds.
    expiresOn: new Date(Math.ceil(expires / 1000) * 1000),
    ...answer,
    ...(client.url.startsWith("https:") && { protocol: SASProtocol.Https }),
  });
}
