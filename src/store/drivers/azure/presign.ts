import type { DriverCall } from "../driver-store.js";
import type { ContainerClient } from "@azure/storage-blob";
import type { PresignOptions } from "../../store.js";
import { loadSdk } from "./client.js";
import type { AzureContainer } from "./container.js";

/** A URL with a shared access signature for one blob. Nothing is sent. */
export async function presignObject(
  container: AzureContainer,
  path: string,
  { method, expiresIn }: PresignOptions,
  call: DriverCall,
): Promise<string> {
  const name = container.blobName(path, call.details);
  const { clock } = container.options;
  return container.send(call, ({ client }) =>
    signedUrl(client, name, method === "GET" ? "r" : "cw", clock.now(), expiresIn),
  );
}

/** @param permissions `r` read, `c` create, `w` write */
export async function signedUrl(
  client: ContainerClient,
  name: string,
  permissions: "r" | "cw",
  now: number,
  expiresIn: number,
): Promise<string> {
  const { BlobSASPermissions, SASProtocol } = await loadSdk();
  return client.getBlobClient(name).generateSasUrl({
    permissions: BlobSASPermissions.parse(permissions),
    // Azure counts in whole seconds.
    expiresOn: new Date(Math.ceil(now / 1000 + expiresIn) * 1000),
    ...(client.url.startsWith("https:") && { protocol: SASProtocol.Https }),
  });
}
