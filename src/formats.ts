export { awsExtended, type AwsExtendedOptions } from "./adapters/foreign/aws-extended.js";
export type { ForeignOptions } from "./adapters/foreign/places.js";
export type { MessageFormat } from "./adapters/messages/message-format.js";
