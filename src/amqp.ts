export {
  amqpOffload,
  type AmqpOffload,
  type AmqpOptions,
  type PublishingChannel,
  type PublishOptions,
} from "./adapters/amqp/amqp-offload.js";
export type { AmqpMessage, ConsumeOptions, ConsumingChannel } from "./adapters/amqp/consume.js";
export { rabbitHandler, type RabbitHandlerOptions, type RabbitMessage } from "./adapters/amqp/rabbit-handler.js";
