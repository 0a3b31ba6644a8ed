export { snsOffload, type SnsOffload, type SnsOptions } from "./sns/sns-offload.js";
