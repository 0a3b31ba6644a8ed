import type { BenchStorage, Counters } from "../contender.js";

/** The least that one needs to keep bytes somewhere. */
export interface ByteStore {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  counters(): Counters;
  close(): void;
}

export async function openByteStore({ s3 }: BenchStorage): Promise<ByteStore> {
  return s3 === undefined ? memoryBytes() : s3Bytes(s3);
}

function memoryBytes(): ByteStore {
  const objects = new Map<string, Uint8Array>();
  let requests = 0;
  let bytesSent = 0;
  return {
    put(key, bytes) {
      requests++;
      bytesSent += bytes.byteLength;
      objects.set(key, bytes);
      return Promise.resolve();
    },
    get(key) {
      requests++;
      const bytes = objects.get(key);
      return bytes === undefined ? Promise.reject(new Error(`There is no ${key}.`)) : Promise.resolve(bytes);
    },
    counters: () => ({ requests, bytesSent }),
    close: () => undefined,
  };
}

/** The AWS SDK with its defaults: one request for each call. */
async function s3Bytes(target: NonNullable<BenchStorage["s3"]>): Promise<ByteStore> {
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const { bucket: Bucket, endpoint, region, accessKeyId, secretAccessKey } = target;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
  return {
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Body!.transformToByteArray();
    },
    counters: () => ({ requests: 0, bytesSent: 0 }),
    close: () => client.destroy(),
  };
}
