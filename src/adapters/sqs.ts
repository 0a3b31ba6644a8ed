export type { AmazonAttribute } from "./amazon/attributes.js";
export type { KeepAlive } from "./sqs/keep-alive.js";
export { sqsBatchHandler, type BatchHandlerOptions, type BatchRecord, type BatchResponse } from "./sqs/lambda-batch.js";
export type { LambdaRecord, ReceivedMessage } from "./sqs/received-message.js";
export {
  consumerOptions,
  settleAfterDelete,
  type ConsumerEvents,
  type ConsumerHandler,
  type ConsumerOptionsFor,
  type OnFailure,
} from "./sqs/sqs-consumer.js";
export { sqsOffload, type OpenOptions, type SqsOffload, type SqsOptions } from "./sqs/sqs-offload.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
