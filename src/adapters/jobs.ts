export {
  hatchetMiddleware,
  openParent,
  type HatchetContext,
  type HatchetMiddleware,
  type HatchetMiddlewareOptions,
} from "./jobs/hatchet-middleware.js";
export {
  jobsOffload,
  type AgendaJob,
  type BossJob,
  type JobEvents,
  type JobsOffload,
  type JobsOptions,
} from "./jobs/jobs-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
