import { DRIVER_ENTRIES } from "./store/drivers/driver-entries.js";
import { FileStore } from "./store/drivers/file/file-store.js";

DRIVER_ENTRIES.file.provide({ create: ({ root }) => new FileStore({ root }) });

export { FileStore };
export type { FileStoreOptions } from "./store/drivers/file/options.js";
