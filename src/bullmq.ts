export { bullmqOffload, type BulkJob, type BullOffload, type BullOptions } from "./adapters/bullmq/bullmq-offload.js";
export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
