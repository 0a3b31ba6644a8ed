export { kinesisOffload, type KinesisOffload, type KinesisOptions } from "./adapters/kinesis/kinesis-offload.js";
export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
