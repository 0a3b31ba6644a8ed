export { MessageError, type Disposition } from "./adapters/messages/message-error.js";
export type { MessageFormat } from "./adapters/messages/message-format.js";
export { MessageOffloader } from "./adapters/messages/message-offloader.js";
export type { Opened } from "./adapters/messages/open-message.js";
export type {
  MessageOffloaderOptions,
  OffloadOptions,
  PackOptions,
  Retention,
  SettleOptions,
} from "./adapters/messages/options.js";
export { openValue, packValue, type PackValueOptions } from "./adapters/messages/pack-value.js";
export type { Packed } from "./adapters/messages/packed.js";
export { rules, type Rules } from "./adapters/messages/rules.js";
export type { AttributeValue, TypedAttribute, Wire } from "./adapters/messages/wire.js";
export type { TimeToLive } from "./configure/retention.js";
export type { AdapterOptions } from "./adapters/messages/adapter-offloader.js";
