import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore } from "../../src/store/drivers/file/index.js";
import { storeConformance } from "../../src/testing/index.js";

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "file-store-"));
});

afterAll(async () => {
  await rm(parent, { recursive: true });
});

describe.each([
  ["on a file system that tells names apart", false],
  ["on a file system that ignores case", true],
])("%s", (_, caseInsensitive) => {
  storeConformance(
    { describe, it },
    {
      name: "FileStore",
      create: async () => new FileStore({ root: await mkdtemp(join(parent, "root-")), fsync: false, caseInsensitive }),
      destroy: (store) => store.close(),
    },
  );
});
