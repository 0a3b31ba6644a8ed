export type { BatchPayload, HandlerOptions, MessagePayload } from "./kafka/handlers.js";
export type { KafkaHeaders, KafkaMessageLike } from "./kafka/kafka-message.js";
export { kafkaOffload, type KafkaOffload, type KafkaOptions } from "./kafka/kafka-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
