import { tmpdir } from "node:os";
import { parseEnvironment } from "../support/parse-environment.js";
import { createStore } from "../../src/configure/create-store.js";

let loads = 0;
jest.mock("@aws-sdk/client-s3", () => {
  loads++;
  return jest.requireActual<object>("@aws-sdk/client-s3");
});

describe("createStore", () => {
  it("loads the AWS SDK only for the provider s3", async () => {
    await createStore(parseEnvironment({}, ""));
    await createStore(parseEnvironment({ STORAGE_PROVIDER: "file", STORAGE_PATH: tmpdir() }, ""));
    expect(loads).toBe(0);
    await createStore(parseEnvironment({ STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "payloads" }, ""));
    expect(loads).toBe(1);
  });
});
