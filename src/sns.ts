export { snsOffload, type SnsOffload, type SnsOptions } from "./adapters/sns/sns-offload.js";
