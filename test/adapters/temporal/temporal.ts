import { defaultPayloadConverter, ExternalStorage, type Payload, type StorageDriver } from "@temporalio/common";
import { ExternalStorageRunner } from "@temporalio/common/lib/internal-non-workflow/index.js";
import { StorageManager, type StorageManagerOptions } from "../../../src/index.js";
import { watchedStore } from "../foreign/foreign.js";

export const WORKFLOW = { kind: "workflow", namespace: "shop", id: "order/42", runId: "r1", type: "order" } as const;

/** A payload as the client makes it. */
export function payload(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

export function valueOf(of: Payload): unknown {
  return defaultPayloadConverter.fromPayload(of);
}

/** Temporal's own engine of external storage, around drivers. */
export function runnerOf(drivers: StorageDriver[], payloadSizeThreshold = 1024): ExternalStorageRunner {
  return new ExternalStorageRunner(
    new ExternalStorage({ drivers, payloadSizeThreshold, driverSelector: () => drivers[0]! }),
  );
}

/** A manager, its store, and what the store was asked for. */
export function setUp(options: StorageManagerOptions = {}) {
  const { store, requests, inner } = watchedStore();
  const manager = new StorageManager({ store, ...options });
  const asked = (verb: string): number => requests.filter((request) => request.startsWith(`${verb} `)).length;
  return { manager, store: inner, requests, asked };
}
