export { inspector, type Inspector } from "./inspector/inspector.js";
export type { InspectorOptions } from "./inspector/inspector-options.js";
export type { InspectorPayloadCodec, InspectorTemporalOptions } from "./inspector/temporal-codec.js";
