export { otelObserver, type OtelObserverOptions } from "./observe/exporters/otel.js";
