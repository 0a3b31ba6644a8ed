import { AzureStore } from "../../../../src/azure.js";

// Stands for a machine on which the package is not installed.
const load = jest.fn(() => {
  throw Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
});
jest.mock("@azure/storage-blob", () => load());

const options = { container: "box", accountUrl: "https://account.blob.core.windows.net" };

describe("without @azure/storage-blob", () => {
  it("AzureStore can be imported and made", () => {
    expect(() => new AzureStore(options)).not.toThrow();
    expect(load).not.toHaveBeenCalled();
  });

  it("its calls are MISSING_DEPENDENCY, each with its own operation and path, and say what to install", async () => {
    const store = new AzureStore(options);
    const calls = [store.write("a", "x"), store.stat("b"), store.list("").next()];
    const results = await Promise.allSettled(calls);
    expect(results.map((result) => (result.status === "rejected" ? (result.reason as unknown) : undefined))).toEqual([
      expect.objectContaining({ code: "MISSING_DEPENDENCY", operation: "write", path: "a", store: "azure" }),
      expect.objectContaining({ code: "MISSING_DEPENDENCY", operation: "stat", path: "b", store: "azure" }),
      expect.objectContaining({ code: "MISSING_DEPENDENCY", operation: "list", store: "azure" }),
    ]);
    await expect(store.read("a")).rejects.toThrow("npm install @azure/storage-blob");
  });

  it("a path that can't be is refused before the package is looked for", async () => {
    load.mockClear();
    await expect(new AzureStore(options).stat("a//b")).rejects.toMatchObject({ code: "INVALID_PATH" });
    expect(load).not.toHaveBeenCalled();
  });
});
