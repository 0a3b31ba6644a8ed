import type { StorageManager } from "../../manager/storage-manager.js";

/** The names of the methods of a manager. */
export type MethodsOf<Manager> = {
  [Name in Extract<keyof Manager, string>]: Manager[Name] extends (...args: never[]) => unknown ? Name : never;
}[Extract<keyof Manager, string>];

/** The name of a method of a {@link StorageManager}. */
export type ManagerMethod = MethodsOf<StorageManager>;

/** The kind of a method's result: a promise, a plain value, a listing, or another manager. */
export type Gives = "promise" | "value" | "listing" | "manager";

/** How each method is recorded. */
export type RecordedMethods<Manager> = Readonly<Record<MethodsOf<Manager>, Gives>>;

/** The type makes this table complete. It does not compile when a new method of the manager is missing here. */
export const MANAGER_METHODS: RecordedMethods<StorageManager> = {
  dehydrate: "promise",
  dehydrateInputs: "promise",
  plan: "value",
  hydrate: "promise",
  pick: "promise",
  open: "promise",
  select: "value",
  forTenant: "manager",
  presign: "promise",
  writeBlob: "promise",
  readBlob: "promise",
  list: "listing",
  delete: "promise",
  release: "promise",
  releaseOf: "promise",
  adopt: "promise",
  done: "promise",
  collect: "promise",
  usage: "listing",
  reencrypt: "promise",
  verify: "promise",
  verifyPrefix: "promise",
  check: "promise",
  close: "promise",
};
