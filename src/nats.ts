export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
export type { ConsumeOptions, NatsMessage } from "./adapters/nats/consume.js";
export type { NatsHeaders, NatsPublishOptions } from "./adapters/nats/nats-message.js";
export {
  natsOffload,
  type NatsOffload,
  type NatsOptions,
  type PublishingClient,
} from "./adapters/nats/nats-offload.js";
