import type { S3Target, Session } from "../contender.js";
import { loadModule } from "./load.js";

/** A client of the SDK in bench/, of which the peers only need to be handed one. */
export interface PeerS3Client {
  readonly config: { readonly requestHandler: unknown };
  destroy(): void;
}

interface ClientS3Module {
  /** With a method for each operation, which the message queue toolkit wants. */
  readonly S3: new (config: object) => PeerS3Client;
}

/** What a client is configured with, of all that is asked of it the SDK's own defaults: sockets are kept alive. */
export function s3ClientConfig(target: S3Target) {
  const { endpoint, region, accessKeyId, secretAccessKey } = target;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true };
}

export async function createS3Client(target: S3Target): Promise<PeerS3Client> {
  const { S3 } = (await loadModule("@aws-sdk/client-s3")) as ClientS3Module;
  return new S3(s3ClientConfig(target));
}

/** The end of a session that has used a client. */
export function closing(client: PeerS3Client): Pick<Session, "close"> {
  return {
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}
