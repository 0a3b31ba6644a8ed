export type { AdapterOptions } from "./messages/adapter-offloader.js";
export {
  pubsubOffload,
  type OnMessageOptions,
  type PubsubMessage,
  type PubsubOffload,
  type PubsubOptions,
} from "./pubsub/pubsub-offload.js";
