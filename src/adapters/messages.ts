export { MessageError, type Disposition } from "./messages/message-error.js";
export type { MessageFormat } from "./messages/message-format.js";
export { MessageOffloader } from "./messages/message-offloader.js";
export type { Opened } from "./messages/open-message.js";
export type {
  MessageOffloaderOptions,
  OffloadOptions,
  PackOptions,
  Retention,
  SettleOptions,
} from "./messages/options.js";
export { openValue, packValue, type PackValueOptions } from "./messages/pack-value.js";
export type { Packed } from "./messages/packed.js";
export { rules, type Rules } from "./messages/rules.js";
export type { AttributeValue, TypedAttribute, Wire } from "./messages/wire.js";
export type { TimeToLive } from "../configure/retention.js";
export type { AdapterOptions } from "./messages/adapter-offloader.js";
