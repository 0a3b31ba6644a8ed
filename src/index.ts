export { StorageError, isNotFound, isStorageError } from "./store/error.js";
