export { FakeClock } from "./fake-clock.js";
export { FaultStore } from "./fault-store.js";
export type { Fault, FaultKind, FaultMoment, FaultOperation, FaultRule, InjectedFault } from "./faults/fault.js";
export type { FaultStoreOptions } from "./faults/options.js";
export type { CallMatch, RecordedCall } from "./recording/call-journal.js";
export type { ManagerMethod } from "./recording/manager-methods.js";
export { RecordingManager, type AnswerPlan } from "./recording/recording-manager.js";
export { storeConformance, type StoreConformanceOptions, type TestRunner } from "./store-conformance.js";
export {
  bytesResult,
  checkCopy,
  checkDelete,
  checkedChunks,
  checkList,
  checkPresign,
  checkRead,
  checkStat,
  checkWrite,
  collectBody,
  comparePaths,
  isListed,
  streamResult,
} from "./driver-helpers.js";
export type { CallDetails } from "../store/check.js";
export type { ReadCall } from "../store/read-result.js";
export { DriverStore, type Driver, type DriverCall } from "../store/drivers/driver-store.js";
export { defineStore } from "../store/drivers/defined/define-store.js";
