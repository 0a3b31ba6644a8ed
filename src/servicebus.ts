export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
export {
  serviceBusOffload,
  type ProcessOptions,
  type ServiceBusOffload,
  type ServiceBusOptions,
} from "./adapters/servicebus/servicebus-offload.js";
