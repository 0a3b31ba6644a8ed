export { durableRelease, type DurableReleaseOptions } from "./adapters/durable/durable-release.js";
export { durableHandler, durableSerdes } from "./adapters/durable/durable-serdes.js";
export type { DurableOptions } from "./adapters/durable/options.js";
