export { dbosSerializer, type DbosSerializerOptions } from "./adapters/dbos/dbos-serializer.js";
