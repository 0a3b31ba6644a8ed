export { durableRelease, type DurableReleaseOptions } from "./durable/durable-release.js";
export { durableHandler, durableSerdes } from "./durable/durable-serdes.js";
export type { DurableOptions } from "./durable/options.js";
