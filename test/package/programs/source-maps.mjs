// Where an error was thrown is said in lines of the sources, which are inside the maps: they are not published.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";

process.setSourceMapsEnabled(true);
const { StorageManager, STORAGE_ERROR_CODES } = await import("coatcheck");
assert.ok(STORAGE_ERROR_CODES.length > 0);
const error = await new StorageManager({}).dehydrate({ text: "x".repeat(5000) }).catch((reason) => reason);
const place = /\(?([^\s(]*\/src\/[^\s()]+\.ts):(\d+):\d+\)?/.exec(error.stack);
assert.ok(place, error.stack);

const manager = fileURLToPath(import.meta.resolve("coatcheck")).replace("index.js", "chunks/manager.js");
const { sources, sourcesContent } = findSourceMap(manager).payload;
const index = sources.findIndex((source) => source.endsWith("src/manager/storage-manager.ts"));
assert.match(sourcesContent[index], /^export class StorageManager \{$/m);
assert.equal(sourcesContent.filter((content) => !content).length, 0);
assert.match(await readFile(manager, "utf8"), /sourceMappingURL=manager\.js\.map/);
