import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../src/s3.js";
import type { StorageErrorCode } from "../../src/errors/error.js";
import type { Store } from "../../src/store/store.js";
import { FaultProxy, type Fault, type StreamFault } from "../fixtures/fault-proxy.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";
import { Violation } from "../support/fault-run/possible-states.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { choicesOf } from "./choices.js";
import { HttpFaultProxy, type HttpFault } from "./http-fault-proxy.js";
import type { Site } from "./site.js";

// The emulator ignores conditional writes.
const CAPABILITY = { ifNoneMatch: false, ifMatch: false };
// Milliseconds. Stalls end in a timeout, for which every case that has one waits.
const IMPATIENT = { connectionTimeout: 300, socketTimeout: 250 };
// Below 6 s, or the SDK sets its timers late and leaves them for seconds.
const PATIENT = { connectionTimeout: 900, socketTimeout: 5000 };
const MOST_DRAIN = 5000;

/** An S3 server behind a proxy that breaks HTTP, behind one that breaks TCP; for many cases, one after the other. */
export class S3Service {
  private constructor(
    private readonly server: S3Server,
    readonly http: HttpFaultProxy,
    readonly tcp: FaultProxy,
    /** Around both proxies. */
    readonly direct: S3Client,
    readonly bucket: string,
  ) {}

  static async start(): Promise<S3Service> {
    const server = await startS3Server();
    const http = await HttpFaultProxy.start(server.endpoint);
    const tcp = await FaultProxy.start(http.endpoint);
    const direct = new S3Client(s3ClientConfig(server.endpoint));
    return new S3Service(server, http, tcp, direct, await createBucket(direct));
  }

  async stop(): Promise<void> {
    this.direct.destroy();
    await this.tcp.stop();
    await this.http.stop();
    await this.server.stop();
  }
}

/** Stores in S3, behind a network and a service that fail. */
export class S3Site implements Site {
  readonly kind = "s3";
  readonly inRealTime = true;
  readonly codes: readonly StorageErrorCode[] = ["UNAVAILABLE", "THROTTLED", "TIMEOUT"];
  #stores = 0;
  #struck = 0;
  readonly #happened: string[] = [];
  readonly #client: S3Client;

  constructor(
    private readonly seed: number,
    private readonly service: S3Service,
  ) {
    const choice = choicesOf(seed, "network");
    const fault = chooseTcpFault(choice);
    service.tcp.fault = fault;
    const stalls =
      fault.blackhole === true || [fault.toServer, fault.toClient].some((way) => way?.stallAfter !== undefined);
    if (Object.keys(fault).length > 0) this.#happened.push(JSON.stringify(fault));
    const rate = choice.of([0, 0.02, 0.1, 0.3]);
    const storm = choice.chance(0.3) ? { from: choice.below(10), to: choice.below(30) } : { from: 0, to: 0 };
    let requests = 0;
    service.http.decide = () => {
      const at = requests++;
      const struck =
        at >= storm.from && at < storm.to ? anError(choice) : choice.chance(rate) ? anyFault(choice) : undefined;
      if (struck === undefined) return undefined;
      this.#struck++;
      this.#happened.push(`request ${at}: ${JSON.stringify(struck)}`);
      return struck;
    };
    // Of its own, so that all its connections are.
    const requestHandler = stalls ? IMPATIENT : PATIENT;
    const config = { maxAttempts: choice.of([1, 2]), requestHandler };
    this.#client = new S3Client(s3ClientConfig(service.tcp.endpoint, config));
  }

  /** What did not arrive may be done later. */
  get removalsFail(): boolean {
    return this.#happened.length > 0;
  }

  newStore(): Store {
    const index = this.#stores++;
    const { bucket } = this.service;
    return new S3Store({ client: this.#client, bucket, prefix: this.#prefix(index), capability: CAPABILITY });
  }

  truth(index: number): Store {
    const { direct, bucket } = this.service;
    return new S3Store({ client: direct, bucket, prefix: this.#prefix(index), capability: CAPABILITY });
  }

  describe(): string {
    return `${this.#struck} requests\n${this.#happened
      .slice(0, 12)
      .map((line) => `  ${line}`)
      .join("\n")}`;
  }

  async calm(): Promise<void> {
    const { http, tcp } = this.service;
    http.decide = () => undefined;
    tcp.fault = {};
    await http.settled();
    // Connections keep the fault that they were made with.
    this.#client.destroy();
  }

  async finish(): Promise<void> {
    this.#client.destroy();
    const late = new Promise<string>((resolve) => setTimeout(resolve, MOST_DRAIN, "late").unref());
    if ((await Promise.race([this.service.tcp.drained(), late])) === "late") {
      throw new Violation(`${this.service.tcp.open} sockets are left`);
    }
  }

  async remove(): Promise<void> {
    await this.calm();
    for (let index = 0; index < this.#stores; index++) {
      const store = this.truth(index);
      for await (const { path } of store.list("")) await store.delete(path);
    }
  }

  #prefix(index: number): string {
    return `case-${this.seed}/${index}`;
  }
}

function chooseTcpFault(choice: RandomChoice): Fault {
  if (choice.chance(0.5)) return {};
  const connections = 1 + choice.below(4);
  const at = choice.of([0, 10, 200, 1000, 20_000]);
  const way: StreamFault = choice.of([{ resetAfter: at }, { resetAfter: at }, { endAfter: at }, { stallAfter: at }]);
  const fault = choice.of<Fault>([
    { refuse: true },
    { blackhole: true },
    { toServer: way },
    { toClient: way },
    { latency: 3 },
  ]);
  return { connections, ...fault };
}

function anError(choice: RandomChoice): HttpFault {
  return choice.of([
    { kind: "error", status: 500, code: "InternalError" },
    { kind: "error", status: 503, code: "SlowDown" },
    { kind: "error", status: 503, code: "ServiceUnavailable" },
  ] as const);
}

function anyFault(choice: RandomChoice): HttpFault {
  return choice.of<HttpFault>([
    anError(choice),
    { kind: "lost answer" },
    { kind: "twice" },
    { kind: "late", ms: choice.below(30) },
    { kind: "cut" },
    { kind: "delay", ms: choice.below(30) },
  ]);
}
