import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { assertResolvers, findResolver, type ReferenceResolver } from "../../src/resolvers/resolver.js";
import { isStorageError } from "../../src/errors/error.js";

const resolver = (key: string, matches?: ReferenceResolver["matches"]): ReferenceResolver => ({
  key,
  ...(matches && { matches }),
  resolve: () => Promise.resolve(key),
});

describe("assertResolvers", () => {
  it.each([
    [[]],
    [[resolver("$bubuSecretRef")]],
    [[resolver("$storageVaultRef", () => true), resolver("$bubuVaultRef")]],
  ])("takes %j", (resolvers) => {
    expect(() => assertResolvers(resolvers)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [undefined, "must be an array of reference resolvers"],
    [resolver("$bubuRef"), "must be an array of reference resolvers"],
    [[null], "has an entry that is not a reference resolver"],
    [["$bubuRef"], "has an entry that is not a reference resolver"],
    [[{}], 'has a resolver whose key does not begin with "$storage" or "$bubu"'],
    [[resolver("secretRef")], 'has a resolver whose key does not begin with "$storage" or "$bubu"'],
    [[resolver("$$bubuRef")], 'has a resolver whose key does not begin with "$storage" or "$bubu"'],
    [[resolver("x$bubuRef")], 'has a resolver whose key does not begin with "$storage" or "$bubu"'],
    [[resolver("$storageRef")], 'has a resolver for "$storageRef", the key of storage references'],
    [[resolver("$bubuStorageRef")], 'has a resolver for "$bubuStorageRef", the key of storage references'],
    [[resolver("$bubuA"), resolver("$bubuA")], 'has two resolvers for "$bubuA"'],
    [[{ key: "$bubuA" }], 'has a resolver for "$bubuA" without a method "resolve"'],
    [[{ ...resolver("$bubuA"), matches: 1 }], 'has a resolver for "$bubuA" whose "matches" is not a function'],
  ])("refuses %j", (resolvers, problem) => {
    let thrown: unknown;
    try {
      assertResolvers(resolvers);
    } catch (error) {
      thrown = error;
    }
    expect(isStorageError(thrown, "CONFIG_INVALID")).toBe(true);
    expect((thrown as Error).message).toBe(problem);
  });
});

describe("findResolver", () => {
  const only = resolver("$bubuOnly");
  const withMore = resolver("$bubuMore", (value) => typeof value["$bubuMore"] === "string");
  const find = (value: Record<string, unknown>) => findResolver([only, withMore], value);

  it("takes an object whose only key is the resolver's", () => {
    expect(find({ $bubuOnly: 7 })).toBe(only);
    expect(find({ $bubuOnly: 7, more: 1 })).toBeUndefined();
    expect(find({ other: 7 })).toBeUndefined();
    expect(find({})).toBeUndefined();
  });

  it("does not count keys that JSON leaves out: what was written is not what would be read", async () => {
    for (const more of [undefined, () => 1, Symbol("s")]) expect(find({ $bubuOnly: 7, more })).toBe(only);
    const options = { dialect: "bubustack", references: "reject", resolvers: [only] } as const;
    const manager = new StorageManager({ store: new MemoryStore(), ...options });
    const failure = await failureOf(manager.dehydrate({ $bubuOnly: "of a user's own", more: undefined }));
    expect(failure.code).toBe("INVALID_REFERENCE");
  });

  it("asks the resolver's own matches instead, where there is one", () => {
    expect(find({ $bubuMore: "x", more: 1 })).toBe(withMore);
    expect(find({ $bubuMore: 7 })).toBeUndefined();
  });

  it("sees own properties only", () => {
    expect(find(Object.create({ $bubuOnly: 7 }) as Record<string, unknown>)).toBeUndefined();
  });
});
