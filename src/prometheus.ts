export { prometheusObserver, type PrometheusObserverOptions } from "./observe/exporters/prometheus.js";
