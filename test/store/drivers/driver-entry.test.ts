import { DriverEntry } from "../../../src/store/drivers/driver-entry.js";
import { importByName } from "../../../src/async/import-by-name.js";
import { failureOf } from "../../support/failure.js";

jest.mock("../../../src/async/import-by-name.js", () => ({ importByName: jest.fn() }));

function failWith(code: string, message: string): void {
  jest.mocked(importByName).mockRejectedValueOnce(Object.assign(new Error(message), { code }));
}

describe("the entry point of a driver that can't be loaded", () => {
  it.each([
    ["ERR_MODULE_NOT_FOUND", "Cannot find package '@aws-sdk/client-s3' imported from /app/s3.js"],
    ["MODULE_NOT_FOUND", "Cannot find module '@aws-sdk/client-s3'\nRequire stack:\n- /app/s3.cjs"],
    ["MODULE_NOT_FOUND", "Cannot find module '@aws-sdk/client-s3/sub/path'\nRequire stack:\n- /app/s3.cjs"],
  ])("names the package that it needs: %s, %s", async (code, message) => {
    failWith(code, message);
    expect(await failureOf(new DriverEntry("coatcheck/s3").load())).toMatchObject({
      code: "MISSING_DEPENDENCY",
      message: expect.stringContaining("npm install @aws-sdk/client-s3.") as string,
    });
  });

  it.each([
    ["ERR_MODULE_NOT_FOUND", "Cannot find package 'coatcheck' imported from /app/bundle.js"],
    ["ERR_MODULE_NOT_FOUND", "Cannot find module '/app/dist/s3.js' imported from /app/bundle.js"],
    ["ERR_OTHER", "Cannot find package 'other' imported from /app/bundle.js"],
  ])("says what a bundle must import: %s, %s", async (code, message) => {
    failWith(code, message);
    expect(await failureOf(new DriverEntry("coatcheck/s3").load())).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('import "coatcheck/s3"') as string,
    });
  });
});
