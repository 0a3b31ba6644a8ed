export {
  eventBridgeOffload,
  type EventBridgeOffload,
  type EventBridgeOptions,
} from "./adapters/eventbridge/eventbridge-offload.js";
export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
