export type { AmazonAttribute } from "./adapters/amazon/attributes.js";
export type { KeepAlive } from "./adapters/sqs/keep-alive.js";
export {
  sqsBatchHandler,
  type BatchHandlerOptions,
  type BatchRecord,
  type BatchResponse,
} from "./adapters/sqs/lambda-batch.js";
export type { LambdaRecord, ReceivedMessage } from "./adapters/sqs/received-message.js";
export {
  consumerOptions,
  settleAfterDelete,
  type ConsumerEvents,
  type ConsumerHandler,
  type ConsumerOptionsFor,
  type OnFailure,
} from "./adapters/sqs/sqs-consumer.js";
export { sqsOffload, type OpenOptions, type SqsOffload, type SqsOptions } from "./adapters/sqs/sqs-offload.js";
