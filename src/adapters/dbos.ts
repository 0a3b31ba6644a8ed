export { dbosSerializer, type DbosSerializerOptions } from "./dbos/dbos-serializer.js";
