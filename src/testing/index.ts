export { storeConformance, type StoreConformanceOptions, type TestRunner } from "./store-conformance.js";
