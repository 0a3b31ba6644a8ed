// A process that writes and collects as its parent says, in messages. See child-process.ts.
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { FileStore } from "../../../src/file.js";
import { isStorageError } from "../../../src/errors/error.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { CollectOptions } from "../../../src/maintain/collect/report.js";
import type { RetentionOptions } from "../../../src/configure/retention.js";
import type { Store } from "../../../src/store/store.js";
import { TappedStore, type Tap, type TappedOperation } from "../tapped-store.js";

/** Which store a process uses. */
export type StoreSpec = { root: string } | { bucket: string; prefix: string; config: S3ClientConfig };

/** What a process is started with. */
export interface ChildOptions {
  readonly store: StoreSpec;
  readonly timeout?: number;
  readonly retention: RetentionOptions;
  /** The request at which the process kills itself, counted from 1, and whether the request is on its way then. */
  readonly dies?: { readonly at: number; readonly isSent: boolean };
}

/** What a process is told to do. It answers each with an {@link Answer}. */
export type Order =
  | { do: "clock"; offset: number }
  // With `holds` the call stands still when its last object is written, says so, and goes on by an order of its own.
  | { do: "write"; scope: string; texts: string[]; holds?: boolean }
  | { do: "go" }
  | { do: "collect"; options?: CollectOptions };

export type Answer = { value: unknown; requests: number } | { code: string } | "held";

// Of a listing and of a body each step is one.
const REQUESTS: readonly TappedOperation[] = ["write", "read", "stat", "delete", "entry"];

const { store: spec, dies, retention, timeout }: ChildOptions = JSON.parse(process.argv[2]!) as ChildOptions;

/** The time of the machine, and what the parent adds. */
const clock = {
  offset: 0,
  now: () => Date.now() + clock.offset,
  setTimeout: (callback: () => void, delay: number) => setTimeout(callback, delay),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};

let requests = 0;
let writesUntilHeld = Infinity;
let goOn: () => void;

async function openStore(): Promise<Store> {
  if ("root" in spec) return new FileStore({ root: spec.root, fsync: false });
  const { S3Store } = await import("../../../src/s3.js"); // most of the time that a process takes to start
  return new S3Store({ bucket: spec.bucket, prefix: spec.prefix, clientConfig: spec.config });
}

const tap: Tap = async ({ operation }, proceed) => {
  if (!REQUESTS.includes(operation)) return proceed();
  requests++;
  const isLast = requests === dies?.at;
  if (isLast && !dies.isSent) process.kill(process.pid, "SIGKILL");
  const answer = proceed();
  if (isLast) process.kill(process.pid, "SIGKILL");
  const result = await answer;
  if (operation === "write" && --writesUntilHeld === 0) {
    const gone = new Promise<void>((resolve) => (goOn = resolve));
    process.send!("held");
    await gone;
  }
  return result;
};

const opened = openStore().then((store) => {
  return new StorageManager({
    ...{ store: new TappedStore(tap, store), pack: false, concurrency: 4 },
    ...(timeout === undefined ? {} : { timeout }),
    retention: { ...retention, clock },
  });
});

async function obey(order: Order): Promise<unknown> {
  const manager = await opened;
  switch (order.do) {
    case "clock":
      clock.offset = order.offset;
      return undefined;
    case "go":
      goOn();
      return undefined;
    case "write":
      if (order.holds === true) writesUntilHeld = order.texts.length;
      return manager.dehydrate(order.texts, { scope: order.scope });
    case "collect":
      return manager.collect(order.options);
  }
}

process.on("message", (order: Order) => {
  void obey(order).then(
    // Of a call that goes on its own end tells.
    (value) => order.do !== "go" && process.send!({ value, requests }),
    (error: unknown) => process.send!({ code: isStorageError(error) ? error.code : String(error) }),
  );
});
