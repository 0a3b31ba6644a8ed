import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { builtCore } from "../built.js";
import type { S3Target } from "../contender.js";
import { openStore } from "../contenders/coatcheck.js";
import { median } from "../measure/statistics.js";
import { readPayload } from "../payload/file.js";
import { ServerControl } from "../s3/control.js";
import type { Few, Many, ShowJob } from "./worker.js";

type Job<Worker> = Extract<ShowJob, { worker: Worker }>;

/** 1,350 values of 2 KiB over a network: requests and time. The connection is open before. */
export async function many({ payloadFile, s3, control, rounds }: Job<"many">): Promise<Many> {
  const payload = readPayload(payloadFile);
  const server = new ServerControl(control);
  const { manager, close } = await s3Manager(s3);
  await manager.hydrate(await manager.dehydrate({ text: "x".repeat(2000) }));

  const dehydrated: number[] = [];
  const hydrated: number[] = [];
  let [puts, gets, others] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    await server.reset();
    let message: unknown;
    dehydrated.push(await time(async () => (message = await manager.dehydrate(payload, { scope: `bench-${round}` }))));
    hydrated.push(await time(() => manager.hydrate(message)));
    const traffic = await server.traffic();
    puts = Math.max(puts, traffic.put);
    gets = Math.max(gets, traffic.get);
    others = Math.max(others, traffic.other);
  }
  await close();
  return { dehydrateMs: median(dehydrated), hydrateMs: median(hydrated), puts, gets, others };
}

/** 200 values of 1 MiB over a network, beside a loop that only puts and gets the same bodies, as many at a time. */
export async function few({ payloadFile, s3, concurrency, rounds }: Job<"few">): Promise<Few> {
  const payload = readPayload(payloadFile) as { results: { output: string }[] };
  const bodies = payload.results.map(({ output }) =>
    Buffer.from(`{"contentType":"raw","data":${JSON.stringify(output)}}`),
  );
  const { manager, close } = await s3Manager(s3);
  const { bucket: Bucket, endpoint, region, accessKeyId, secretAccessKey } = s3;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const put = (index: number) =>
    client.send(new PutObjectCommand({ Bucket, Key: `loop/${index}`, Body: bodies[index]! }));
  const get = async (index: number) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: `loop/${index}` }));
    await Body!.transformToByteArray();
  };

  const times: Record<keyof Few, number[]> = { dehydrateMs: [], putLoopMs: [], hydrateMs: [], getLoopMs: [] };
  // The first round opens connections, and does not count.
  for (let round = 0; round <= rounds; round++) {
    let message: unknown;
    const took: Few = {
      putLoopMs: await time(() => concurrently(bodies.length, concurrency, put)),
      dehydrateMs: await time(async () => (message = await manager.dehydrate(payload, { scope: "bench" }))),
      getLoopMs: await time(() => concurrently(bodies.length, concurrency, get)),
      hydrateMs: await time(() => manager.hydrate(message)),
    };
    if (round > 0) for (const name of Object.keys(times) as (keyof Few)[]) times[name].push(took[name]);
  }
  client.destroy();
  await close();
  return {
    dehydrateMs: median(times.dehydrateMs),
    putLoopMs: median(times.putLoopMs),
    hydrateMs: median(times.hydrateMs),
    getLoopMs: median(times.getLoopMs),
  };
}

export async function s3Manager(s3: S3Target) {
  const { StorageManager } = await builtCore();
  const { store } = await openStore({ kind: "s3", s3 });
  const manager = new StorageManager({ store, maxBytes: Number.MAX_SAFE_INTEGER }); // streams of any length
  return {
    manager,
    close: async () => {
      await manager.close();
      await store.close();
    },
  };
}

async function concurrently(count: number, limit: number, run: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: limit }, lane));
}

export async function time(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await run();
  return performance.now() - begin;
}
