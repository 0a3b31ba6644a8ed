import type { S3ClientConfig } from "@aws-sdk/client-s3";

/** Something that `npm run test:services` says in the environment. Missing, it fails the test: nothing is skipped. */
export function serviceVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set. Run the tests of services with: npm run test:services`);
  return value;
}

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
