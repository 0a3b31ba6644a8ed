export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
export {
  pubsubOffload,
  type OnMessageOptions,
  type PubsubMessage,
  type PubsubOffload,
  type PubsubOptions,
} from "./adapters/pubsub/pubsub-offload.js";
