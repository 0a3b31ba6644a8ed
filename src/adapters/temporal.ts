export { temporalCodecHandler, type TemporalCodecHandlerOptions } from "./temporal/codec-handler.js";
export type { TemporalPayloadCodecOptions } from "./temporal/codec-options.js";
export { temporalPayloadCodec } from "./temporal/payload-codec.js";
export { releaseClosed, type ReleaseClosedOptions, type ReleaseClosedReport } from "./temporal/release-closed.js";
export { temporalStorageDriver, type TemporalStorageDriverOptions } from "./temporal/storage-driver.js";
export type { MessageFormat } from "./messages/message-format.js";
