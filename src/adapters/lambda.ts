export { middyOffload, withOffload, type OffloadMiddleware, type OffloadRequest } from "./lambda/lambda-offload.js";
export type { LambdaContext, LambdaOptions } from "./lambda/options.js";
export {
  releaseHandler,
  type EndedExecution,
  type ExecutionStatus,
  type ReleaseHandlerOptions,
} from "./lambda/release-handler.js";
export type { TimeToLive } from "../configure/retention.js";
