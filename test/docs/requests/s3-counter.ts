import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { s3ClientConfig } from "../../fixtures/s3-server.js";

/** Writes down what a client of S3 sends, whichever way it goes, by the client's own request handler. */
export class S3Counter {
  readonly requests: string[] = [];
  readonly clientConfig: S3ClientConfig;

  constructor(endpoint: string) {
    const { requestHandler } = new S3Client(s3ClientConfig(endpoint)).config;
    const handle: typeof requestHandler.handle = (request, options) => {
      this.requests.push(`${request.method} ${request.path}`);
      return requestHandler.handle(request, options);
    };
    this.clientConfig = s3ClientConfig(endpoint, { requestHandler: { ...requestHandler, handle } });
  }
}
