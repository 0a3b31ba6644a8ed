import type { BenchStorage, Contender } from "../contender.js";
import type { Backend } from "./backend.js";
import { installedVersion } from "./installed-version.js";
import { loadModule } from "./load.js";
import { MemoryObjects } from "./memory-objects.js";
import { closing, createS3Client, s3ClientConfig } from "./s3-client.js";
import { THRESHOLD, tooLongForOneString } from "./threshold.js";

interface MiddyModule {
  readonly middy: () => Middy;
}

interface Middy {
  use(middleware: object): Middy;
  handler(handle: (event: unknown) => Promise<unknown>): (event: unknown, context: object) => Promise<unknown>;
}

interface MiddyStoreModule {
  readonly middyStore: (options: {
    stores: object[];
    loadingOptions?: { skip: boolean };
    storingOptions?: { skip?: boolean; minSize?: number };
  }) => object;
}

interface MiddyStoreS3Module {
  readonly S3Store: new (options: { bucket: string; config: object }) => object;
}

/**
 * A Lambda handler that returns the payload, and one that is called with what came of it. The payload is stored whole, as
 * without a selector: one that ends in `.*` stores the items of one array, each with a request of its own, one after the
 * other. The S3 store makes a client for each object; they share one request handler, so that connections are kept.
 */
export const contender: Contender = {
  name: "middy-store",
  version: installedVersion("middy-store"),
  cannot: tooLongForOneString,

  async open(storage) {
    const { middy } = (await loadModule("@middy/core")) as MiddyModule;
    const { middyStore } = (await loadModule("middy-store")) as MiddyStoreModule;
    const { store, session } = await openBackend(storage);
    const stores = [store];
    const echo = (event: unknown) => Promise.resolve(event);

    const storing = { stores, loadingOptions: { skip: true }, storingOptions: { minSize: THRESHOLD } };
    const end = middy().use(middyStore(storing)).handler(echo);
    const loading = { stores, storingOptions: { skip: true } };
    const begin = middy().use(middyStore(loading)).handler(echo);

    return {
      dehydrate: (payload) => end(payload, {}),
      hydrate: (message) => begin(message, {}),
      ...session,
    };
  },
};

async function openBackend({ s3 }: BenchStorage): Promise<Backend> {
  if (s3 === undefined) return memoryBackend();
  const { S3Store } = (await loadModule("middy-store-s3")) as MiddyStoreS3Module;
  const client = await createS3Client(s3);
  const config = { ...s3ClientConfig(s3), requestHandler: client.config.requestHandler };
  return { store: new S3Store({ bucket: s3.bucket, config }), session: closing(client) };
}

/** The store interface of middy-store. It serialises as the S3 store does. */
function memoryBackend(): Backend {
  const objects = new MemoryObjects<string>();
  const store = {
    name: "memory",
    canStore: () => true,
    store: ({ payload }: { payload: unknown }) => Promise.resolve(objects.put(JSON.stringify(payload))),
    canLoad: ({ reference }: { reference: unknown }) => typeof reference === "string",
    load: ({ reference }: { reference: string }) => Promise.resolve(JSON.parse(objects.get(reference)) as unknown),
  };
  return { store, session: objects.session };
}
