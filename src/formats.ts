export { awsExtended, type AwsExtendedOptions } from "./adapters/foreign/aws-extended.js";
export { bigPayload, type BigPayloadOptions } from "./adapters/foreign/big-payload.js";
export { messageQueueToolkit, type MessageQueueToolkitOptions } from "./adapters/foreign/message-queue-toolkit.js";
export { sqsBodyKey, type SqsBodyKeyOptions } from "./adapters/foreign/sqs-body-key.js";
export type { ForeignOptions } from "./adapters/foreign/places.js";
export type { MessageFormat } from "./adapters/messages/message-format.js";
