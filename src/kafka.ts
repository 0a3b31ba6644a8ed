export type { BatchPayload, HandlerOptions, MessagePayload } from "./adapters/kafka/handlers.js";
export type { KafkaHeaders, KafkaMessageLike } from "./adapters/kafka/kafka-message.js";
export { kafkaOffload, type KafkaOffload, type KafkaOptions } from "./adapters/kafka/kafka-offload.js";
