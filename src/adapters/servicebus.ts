export type { AdapterOptions } from "./messages/adapter-offloader.js";
export {
  serviceBusOffload,
  type ProcessOptions,
  type ServiceBusOffload,
  type ServiceBusOptions,
} from "./servicebus/servicebus-offload.js";
