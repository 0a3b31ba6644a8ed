import process from "node:process";
import type { Contender } from "../contender.js";

/** What a user does anyway: the whole payload travels as its JSON. Nothing that keeps the payload can be faster. */
export const contender: Contender = {
  name: "JSON",
  version: `V8 ${process.versions.v8}`,
  cannot: () => undefined,
  open: () =>
    Promise.resolve({
      dehydrate: (payload) => Promise.resolve(JSON.stringify(payload)),
      hydrate: (message) => Promise.resolve(JSON.parse(message as string) as unknown),
      counters: () => ({ requests: 0, bytesSent: 0 }),
      close: () => Promise.resolve(),
    }),
};
