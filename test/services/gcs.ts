import type { GcsStoreOptions } from "../../src/gcs.js";
import { serviceVariable } from "./service-variable.js";

/** Points the library at the emulator, or at a proxy before it, by the variable that it has for this. */
export function useEmulator(endpoint = serviceVariable("GCS_ENDPOINT")): void {
  process.env["STORAGE_EMULATOR_HOST"] = endpoint;
}

/** Options of a store there. The emulator makes a bucket when it is named. Nothing is sent twice. */
export function emulatorOptions(options: Partial<GcsStoreOptions> = {}): GcsStoreOptions {
  return { bucket: "test-bucket", clientConfig: { projectId: "test", retryOptions: { autoRetry: false } }, ...options };
}
