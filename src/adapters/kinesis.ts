export { kinesisOffload, type KinesisOffload, type KinesisOptions } from "./kinesis/kinesis-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
