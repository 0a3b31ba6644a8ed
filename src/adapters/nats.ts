export type { AdapterOptions } from "./messages/adapter-offloader.js";
export type { ConsumeOptions, NatsMessage } from "./nats/consume.js";
export type { NatsHeaders, NatsPublishOptions } from "./nats/nats-message.js";
export { natsOffload, type NatsOffload, type NatsOptions, type PublishingClient } from "./nats/nats-offload.js";
