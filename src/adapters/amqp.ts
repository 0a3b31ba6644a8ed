export {
  amqpOffload,
  type AmqpOffload,
  type AmqpOptions,
  type PublishingChannel,
  type PublishOptions,
} from "./amqp/amqp-offload.js";
export type { AmqpMessage, ConsumeOptions, ConsumingChannel } from "./amqp/consume.js";
export { rabbitHandler, type RabbitHandlerOptions, type RabbitMessage } from "./amqp/rabbit-handler.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
