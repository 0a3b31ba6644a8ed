export {
  cloudEventsOffload,
  type CloudEventsOffload,
  type CloudEventsOptions,
  type EventLike,
} from "./adapters/cloudevents/cloudevents-offload.js";
export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
