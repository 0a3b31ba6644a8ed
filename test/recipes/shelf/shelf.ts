export { ShelfStore } from "./shelf-store.js";
export type { ShelfStoreOptions } from "./options.js";
