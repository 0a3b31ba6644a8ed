export { FakeClock } from "./fake-clock.js";
export { storeConformance, type StoreConformanceOptions, type TestRunner } from "./store-conformance.js";
