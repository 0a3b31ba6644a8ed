export { ShelfStore } from "./shelf-store.js";
