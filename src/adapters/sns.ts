export { snsOffload, type SnsOffload, type SnsOptions } from "./sns/sns-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
