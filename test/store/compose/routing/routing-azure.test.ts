import process from "node:process";
import type { RoutingStoreOptions } from "../../../../src/store/compose/routing/options.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { AzureStore } from "../../../../src/store/drivers/azure/azure-store.js";
import { azureScheme } from "../../../../src/store/drivers/azure/azure-scheme.js";
import type { AzureStoreOptions } from "../../../../src/store/drivers/azure/options.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { failureOf } from "../../../support/failure.js";

jest.mock("../../../../src/store/drivers/azure/azure-store.js", () => {
  const actual = jest.requireActual<object & { AzureStore: typeof AzureStore }>(
    "../../../../src/store/drivers/azure/azure-store.js",
  );
  return { ...actual, AzureStore: jest.fn((options: AzureStoreOptions) => new actual.AzureStore(options)) };
});

const makings = jest.mocked(AzureStore);
const primary = new MemoryStore();
const before = { ...process.env };
const HOST = "account.dfs.core.windows.net";
const URL = "https://account.blob.core.windows.net";
const key = Buffer.from("a key").toString("base64");

beforeEach(() => makings.mockClear());
afterEach(() => {
  process.env = { ...before };
});

/** The options of the AzureStore that a path leads to. */
async function optionsFor(
  path: string,
  env: object = {},
  schemes: RoutingStoreOptions["schemes"] = {},
): Promise<AzureStoreOptions> {
  Object.assign(process.env, env);
  const store = new RoutingStore({ primary, schemes });
  await store.capabilityOf(path);
  expect(makings).toHaveBeenCalledTimes(1);
  return makings.mock.calls[0]![0];
}

describe("Azure without configuration", () => {
  const own = { AZURE_STORAGE_ACCOUNT: "account", AZURE_STORAGE_KEY: key };

  it.each([
    `abfss://files@${HOST}/a`,
    `abfs://files@${HOST}/a`,
    `az://files@${HOST}/a`,
    "az://files/a",
    "abfss://files/a",
  ])("finds account and key for %s", async (path) => {
    const credential = { accountName: "account", accountKey: key };
    expect(await optionsFor(path, own)).toEqual({ container: "files", accountUrl: URL, credential });
  });

  it("takes a shared access signature", async () => {
    const env = { AZURE_STORAGE_ACCOUNT: "account", AZURE_STORAGE_SAS_TOKEN: "?sv=1&sig=2" };
    expect(await optionsFor("az://files/a", env)).toEqual({ container: "files", accountUrl: `${URL}?sv=1&sig=2` });
  });

  it.each(["az://files/a", `abfss://files@${HOST}/a`])("takes a connection string for %s", async (path) => {
    const connectionString = `DefaultEndpointsProtocol=https;AccountName=account;AccountKey=${key};EndpointSuffix=core.windows.net`;
    const env = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
    expect(await optionsFor(path, env)).toEqual({ container: "files", connectionString });
  });

  it.each([
    ["the key of another account", own],
    [
      "the connection string of another account",
      { AZURE_STORAGE_CONNECTION_STRING: `AccountName=account;AccountKey=${key};EndpointSuffix=core.windows.net` },
    ],
    ["the signature of another account", { AZURE_STORAGE_ACCOUNT: "account", AZURE_STORAGE_SAS_TOKEN: "sig=2" }],
    ["no credential", {}],
  ])("does not send %s; it says which package has others", async (_, env) => {
    Object.assign(process.env, env);
    const error = await failureOf(new RoutingStore({ primary }).read("abfss://files@other.dfs.core.windows.net/a"));
    expect(error).toMatchObject({ code: "MISSING_DEPENDENCY", operation: "read" });
    expect(error.message).toContain("@azure/identity");
    expect(makings).not.toHaveBeenCalled();
  });

  it("says that it knows no account", async () => {
    const error = await failureOf(new RoutingStore({ primary }).read("az://files/a"));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", path: "az://files/a" });
    expect(error.message).toContain("AZURE_STORAGE_ACCOUNT");
  });

  it.each([
    "abfss://files@evil.example/a",
    "abfss://files@account.dfs.core.windows.net.evil.example/a",
    "abfss://files@evil.example:443/a",
    "abfss://files@.dfs.core.windows.net/a",
    "abfss://files@a@account.dfs.core.windows.net/a",
    "abfss://Files/a",
    "abfss://@account.dfs.core.windows.net/a",
    "abfss:///a",
  ])("sends credentials to no other host: %s", async (path) => {
    Object.assign(process.env, own);
    expect(await failureOf(new RoutingStore({ primary }).read(path))).toMatchObject({ code: "INVALID_PATH", path });
    expect(makings).not.toHaveBeenCalled();
  });
});

describe("azureScheme", () => {
  it("takes the configured account, whatever the path says", async () => {
    const connectionString = "UseDevelopmentStorage=true";
    const schemes = { abfss: azureScheme({ connectionString, prefix: "below" }) };
    const options = await optionsFor("abfs://files@other.dfs.core.windows.net/a", {}, schemes);
    expect(options).toEqual({ container: "files", connectionString, prefix: "below" });
  });

  it("takes a credential for whatever account the path names", async () => {
    const credential = { accountName: "account", accountKey: key };
    const schemes = { az: azureScheme({ credential }) };
    const options = await optionsFor(`az://files@${HOST}/a`, { AZURE_STORAGE_ACCOUNT: "other" }, schemes);
    expect(options).toEqual({ container: "files", accountUrl: URL, credential });
  });
});
