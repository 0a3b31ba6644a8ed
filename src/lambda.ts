export {
  middyOffload,
  withOffload,
  type OffloadMiddleware,
  type OffloadRequest,
} from "./adapters/lambda/lambda-offload.js";
export type { LambdaContext, LambdaOptions } from "./adapters/lambda/options.js";
export {
  releaseHandler,
  type EndedExecution,
  type ExecutionStatus,
  type ReleaseHandlerOptions,
} from "./adapters/lambda/release-handler.js";
export type { TimeToLive } from "./configure/retention.js";
