import { assertListsInLittleMemory } from "../../support/collecting/many-objects.js";

// A million of them: test/services/collector-of-many.test.ts.
it("usage and collect list objects of any number in the same little memory", () => assertListsInLittleMemory(20_000));
