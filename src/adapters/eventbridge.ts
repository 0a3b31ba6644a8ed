export {
  eventBridgeOffload,
  type EventBridgeOffload,
  type EventBridgeOptions,
} from "./eventbridge/eventbridge-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
