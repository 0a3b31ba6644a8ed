import { once } from "node:events";
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { S3Target } from "../contender.js";
import type { Certificate } from "./certificate.js";

/** What the process of the server is told. */
export interface ServerJob {
  /** Milliseconds that answers wait, one for each endpoint. */
  readonly latencies: readonly number[];
  /** Whose name the endpoints go by; absent: they speak HTTP without TLS. */
  readonly tls?: Certificate | undefined;
}

/** The one server of a run. */
export interface BenchServer {
  /** Where requests wait for so many ms; the same objects behind each. */
  target(latency: number): S3Target;
  /** For {@link ServerControl}. */
  readonly control: string;
  stop(): Promise<void>;
}

/** @param latencies ms, one for each target that will be asked for */
export async function startServer(latencies: readonly number[], tls?: Certificate): Promise<BenchServer> {
  const job: ServerJob = { latencies, tls };
  const child = fork(fileURLToPath(new URL("./server-child.js", import.meta.url)), [JSON.stringify(job)], {
    execArgv: ["--expose-gc", "--max-old-space-size=8192"],
  });
  const exited = once(child, "exit");
  const failed = exited.then(() => Promise.reject(new Error("The S3 server of the bench did not start.")));
  const [ready] = (await Promise.race([once(child, "message"), failed])) as [{ endpoints: string[]; control: string }];
  failed.catch(() => undefined);
  return {
    control: ready.control,
    target: (latency) => ({
      endpoint: ready.endpoints[latencies.indexOf(latency)]!,
      bucket: "bench",
      region: "us-east-1",
      accessKeyId: "bench",
      secretAccessKey: "bench-secret",
    }),
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}
