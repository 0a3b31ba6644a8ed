import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../src/testing/index.js";

storeConformance({ describe, it }, { name: "MemoryStore", create: () => new MemoryStore(), manyObjects: 2500 });
