import { randomUUID } from "node:crypto";
import { abortable } from "../async/abort.js";
import { callStore, requireStore, type ManagerParts } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { asStorageError } from "../errors/as-storage-error.js";
import { isStorageError, StorageError, textOf } from "../errors/error.js";
import { listObjects } from "../maintain/list-objects.js";
import { checkProbe } from "../object/reserved-names.js";
import type { EventDetails } from "../observe/recorder.js";
import { locationBelow } from "../paths/location.js";
import { assertOptions } from "../store/call-options.js";
import type { Capability } from "../store/capability.js";
import type { CallOptions, Store } from "../store/store.js";

/** A step of the check. The steps run one after the other. */
type Step = "write" | "read" | "list" | "delete";

const BYTES = Buffer.from("coatcheck");

// The names that the services give to the right for each step.
const RIGHTS: Readonly<Record<string, Readonly<Record<Step, string>>>> = {
  s3: { write: "s3:PutObject", read: "s3:GetObject", list: "s3:ListBucket", delete: "s3:DeleteObject" },
  gcs: {
    write: "storage.objects.create",
    read: "storage.objects.get",
    list: "storage.objects.list",
    delete: "storage.objects.delete",
  },
  azure: {
    write: "Storage Blob Data Contributor",
    read: "Storage Blob Data Reader",
    list: "Storage Blob Data Reader",
    delete: "Storage Blob Data Contributor",
  },
};

// Names that services and their clients give to failures of the credentials, not of the request.
const OF_CREDENTIALS =
  /credential|accesskey|signature|token|authentication|unauthori[sz]ed|noauth|wrongpass|skew|expired/i;

/**
 * Writes, reads, lists and deletes a probe below `outputPrefix`, as far as the store can. Steps that the store does
 * not support are skipped. Where the store cannot delete, nothing is written.
 *
 * @throws {StorageError} what went wrong, with the step and a remedy in its message
 */
export async function check(parts: ManagerParts, options: CallOptions): Promise<void> {
  const { settings } = parts;
  const details: EventDetails = { store: settings.store?.name };
  assertOptions("call", options, { operation: "check", store: details.store });
  const own = { signal: options.signal };
  return callStore(parts, "check", details, own, async (signal) => {
    const store = requireStore(settings, "check");
    const path = locationBelow(settings.outputPrefix, checkProbe(randomUUID()));
    const capability = await capabilityOf(store, path, signal);
    const probe = new Probe(store, path, settings, signal);
    try {
      await abortable(probe.run(capability), signal);
    } finally {
      // The probe is also deleted after an abort, and after a write that may or may not have succeeded.
      if (!probe.isGone && capability.delete) await quietly(async () => store.delete(path));
    }
  });
}

async function capabilityOf(store: Store, path: string, signal: AbortSignal): Promise<Readonly<Capability>> {
  try {
    return (await store.capabilityOf?.(path, { signal })) ?? store.capability;
  } catch (error) {
    throw asStorageError(error, { operation: "check", store: store.name, path });
  }
}

async function quietly(run: () => Promise<unknown>): Promise<void> {
  await run().catch(() => undefined);
}

class Probe {
  /** Whether nothing is left to delete. */
  isGone = true;
  /** The errors of the steps that lack a right. */
  private readonly lacking: StorageError[] = [];

  constructor(
    private readonly store: Store,
    private readonly path: string,
    private readonly settings: ManagerSettings,
    private readonly signal: AbortSignal,
  ) {}

  async run(capability: Readonly<Capability>): Promise<void> {
    const { store, path, signal } = this;
    const leavesNothing = capability.write && capability.delete;
    this.isGone = !leavesNothing;
    const isThere = leavesNothing && (await this.step("write", () => store.write(path, BYTES, { signal })));
    if (capability.read) await this.step("read", () => this.read(isThere));
    if (capability.list) await this.step("list", () => this.list(isThere));
    if (leavesNothing && (await this.step("delete", () => store.delete(path, { signal })))) {
      if (capability.stat) await this.step("delete", () => this.isDeleted());
      this.isGone = true;
    }
    if (this.lacking.length > 0) throw this.all(this.lacking);
  }

  private async read(isThere: boolean): Promise<void> {
    const { store, path, signal } = this;
    try {
      const bytes = await (await store.read(path, { signal })).bytes();
      if (!BYTES.equals(bytes)) throw this.unlike("INTEGRITY", "What was read is not what was written.");
    } catch (error) {
      if (isThere || !isStorageError(error, "NOT_FOUND")) throw error;
    }
  }

  private async list(isThere: boolean): Promise<void> {
    const listed = [];
    for await (const object of listObjects(this.path, { signal: this.signal }, this.settings)) listed.push(object.path);
    if (listed.length !== (isThere ? 1 : 0)) {
      throw this.unlike("UNEXPECTED", "The listing does not hold what was written, or holds what was not.");
    }
  }

  private async isDeleted(): Promise<void> {
    const info = await this.store.stat(this.path, { signal: this.signal });
    if (info !== undefined) throw this.unlike("UNEXPECTED", "The object is there after it was deleted.");
  }

  private unlike(code: "INTEGRITY" | "UNEXPECTED", message: string): StorageError {
    return new StorageError(code, message, { operation: "check", store: this.store.name, path: this.path });
  }

  /**
   * Runs one step. If the right to it is missing, the other steps still run, so that one error reports all of them.
   *
   * @returns whether the step succeeded
   */
  private async step(step: Step, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (cause) {
      if (this.signal.aborted) throw cause;
      const error = asStorageError(cause, { operation: step, store: this.store.name, path: this.path });
      const failure = this.failure(step, error);
      if (error.code !== "PERMISSION_DENIED" || isOfCredentials(error)) throw this.all([...this.lacking, failure]);
      this.lacking.push(failure);
      return false;
    }
  }

  private all(failures: readonly StorageError[]): StorageError {
    const [first] = failures as [StorageError];
    const { code, store, path, cause, retryable } = first;
    if (failures.length === 1) return first;
    const text = failures.map(({ message }) => message).join(" ");
    return new StorageError(code, text, { operation: "check", store, path, cause, retryable });
  }

  private failure(step: Step, error: StorageError): StorageError {
    const { code, store = this.store.name, path = this.path, retryable } = error;
    const text = `The check could not ${step} an object below ${JSON.stringify(this.settings.outputPrefix)}: ${textOf(error)}`;
    const help = helpFor(error, step);
    const details = { operation: "check", store, path, cause: error, retryable };
    return new StorageError(code, help === undefined ? text : `${text} ${help}`, details);
  }
}

/** Returns what the reader of the message can do about the error. */
function helpFor(error: StorageError, step: Step): string | undefined {
  const { code, store } = error;
  switch (code) {
    case "CONTAINER_NOT_FOUND":
      return "Create it, or correct its name: the store never creates one.";
    case "PERMISSION_DENIED": {
      if (store === "file") return "Give the user of this process the right to it.";
      if (isOfCredentials(error)) return "The credentials are missing, wrong or expired.";
      const right = RIGHTS[store ?? ""]?.[step];
      return `Give these credentials the right to ${step}${right === undefined ? "" : ` (${right})`}, or use others.`;
    }
    case "UNAVAILABLE":
    case "TIMEOUT":
      return "See whether the service runs, and whether its address is right and can be reached from here.";
    default:
      return undefined;
  }
}

function isOfCredentials({ cause }: StorageError): boolean {
  return cause instanceof Error && OF_CREDENTIALS.test(cause.name + cause.message);
}
