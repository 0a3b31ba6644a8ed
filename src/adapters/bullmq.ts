export { bullmqOffload, type BulkJob, type BullOffload, type BullOptions } from "./bullmq/bullmq-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
