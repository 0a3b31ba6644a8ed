import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { useDirectories } from "./file-roots.js";
import { expectStoreMatchesModel } from "../../store-model.js";

const newDirectory = useDirectories();

describe.each([
  ["on a file system that tells names apart", false],
  ["on a file system that ignores case", true],
])("%s", (_, caseInsensitive) => {
  const create = async (): Promise<FileStore> =>
    new FileStore({ root: await newDirectory(), fsync: false, caseInsensitive });

  storeConformance({ describe, it }, { name: "FileStore", create });

  it("does what a Map would do", async () => {
    await expectStoreMatchesModel(create, { numRuns: 50 });
  }, 30_000);
});
