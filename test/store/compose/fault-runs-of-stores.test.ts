import { withFeatures } from "../../../src/store/layers/features/with-features.js";
import { withRetry, withTimeout } from "../../../src/store/layers/index.js";
import { RoutingStore } from "../../../src/store/compose/routing/routing-store.js";
import { TieredStore } from "../../../src/store/layers/tiered/tiered-store.js";
import { limited } from "../../support/limited-store.js";
import { expectToWithstandFaults, type Composition } from "./composition.js";

const COMPOSITIONS: readonly Composition[] = [
  {
    name: "RoutingStore",
    create: ({ faulty }) => new RoutingStore({ primary: faulty(), schemes: { other: faulty() } }),
  },
  {
    name: 'TieredStore, "always"',
    create: ({ faulty, clock }) => new TieredStore({ remote: faulty(), clock, validate: "always", maxBytes: 20_000 }),
  },
  {
    name: 'TieredStore, "immutable"',
    create: ({ faulty, clock }) => new TieredStore({ remote: faulty(), clock, maxBytes: 20_000 }),
    mode: "immutable",
  },
  {
    name: 'TieredStore, "maxAge", stale copies on errors',
    create: ({ faulty, clock }) =>
      new TieredStore({ remote: faulty(), clock, validate: "maxAge", ttl: 100, staleIfError: true }),
    mode: "immutable",
  },
  {
    name: "a stack: routing, tiers, retry, and metadata beside the objects",
    create: ({ faulty, clock, random }) => {
      const plain = faulty({ store: limited(["metadata", "contentType", "copy", "ifNoneMatch"]) });
      const full = withFeatures(plain, { simulate: ["metadata", "copy", "if-absent"] });
      const remote = withRetry(withTimeout(full, { clock, timeout: 250 }), { clock, random });
      return new RoutingStore({ primary: new TieredStore({ remote, clock, validate: "always" }) });
    },
    bare: true,
  },
];

describe("10,000 operations under faults: stores over stores", () => {
  it.each(COMPOSITIONS)("$name", (composition) => expectToWithstandFaults(composition));
});
