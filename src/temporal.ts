export { temporalCodecHandler, type TemporalCodecHandlerOptions } from "./adapters/temporal/codec-handler.js";
export { temporalPayloadCodec, type TemporalPayloadCodecOptions } from "./adapters/temporal/payload-codec.js";
export {
  releaseClosed,
  type ReleaseClosedOptions,
  type ReleaseClosedReport,
} from "./adapters/temporal/release-closed.js";
export { temporalStorageDriver, type TemporalStorageDriverOptions } from "./adapters/temporal/storage-driver.js";
export type { MessageFormat } from "./adapters/messages/message-format.js";
