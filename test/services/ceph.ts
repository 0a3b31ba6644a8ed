import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { serviceVariable } from "./service-variable.js";

/** The configuration of a client for Ceph's object gateway. */
export function cephClientConfig(config: S3ClientConfig = {}): S3ClientConfig {
  return {
    endpoint: serviceVariable("CEPH_ENDPOINT"),
    region: "us-east-1",
    credentials: {
      accessKeyId: serviceVariable("CEPH_ACCESS_KEY"),
      secretAccessKey: serviceVariable("CEPH_SECRET_KEY"),
    },
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  };
}
