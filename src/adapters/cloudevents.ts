export {
  cloudEventsOffload,
  type CloudEventsOffload,
  type CloudEventsOptions,
  type EventLike,
} from "./cloudevents/cloudevents-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
