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
  readonly middyStore: (options: MiddyStoreOptions) => object;
}

interface MiddyStoreOptions {
  readonly stores: readonly object[];
  readonly loadingOptions?: { readonly skip: boolean };
  readonly storingOptions: { readonly skip?: boolean; readonly minSize?: number; readonly selector?: string };
}

interface MiddyStoreS3Module {
  readonly S3Store: new (options: { bucket: string; config: object }) => object;
}

/**
 * A Lambda handler that returns the payload, and one that is called with what came of it. The payload is stored whole, as
 * without a selector. The S3 store makes a client for each object; they share one request handler, so that connections
 * are kept.
 */
export const contender: Contender = {
  name: "middy-store",
  version: installedVersion("middy-store"),
  cannot: tooLongForOneString,

  async open(storage) {
    const lambda = await openLambda(storage);
    return { dehydrate: lambda.storing(), hydrate: lambda.loading(), ...lambda.session };
  },
};

/** The same with a selector, which leaves the rest of the message readable: an object for each item of one array. */
export const bySelector: Contender = {
  name: "middy-store, by selector",
  version: contender.version,
  cannot(bench) {
    if (bench.shape === "many" || bench.shape === "few") return undefined;
    return "a payload without one array of what is large";
  },

  async open(storage) {
    const lambda = await openLambda(storage);
    const [store, storeEach, load] = [lambda.storing(), lambda.storing("results.*"), lambda.loading()];
    return {
      dehydrate: (payload) => (hasResults(payload) ? storeEach(copy(payload)) : store(payload)),
      hydrate: (message) => load(hasResults(message) ? copy(message) : message),
      ...lambda.session,
    };
  },
};

interface Results {
  readonly results: readonly unknown[];
}

function hasResults(value: unknown): value is Results {
  return Array.isArray((value as Partial<Results> | null)?.results);
}

// What a selector selects is replaced, both ways, in the object that was handed in: the caller's, who measures it again.
function copy(value: Results): Results {
  return { ...value, results: [...value.results] };
}

async function openLambda(storage: BenchStorage) {
  const { middy } = (await loadModule("@middy/core")) as MiddyModule;
  const { middyStore } = (await loadModule("middy-store")) as MiddyStoreModule;
  const { store, session } = await openBackend(storage);

  function handler(options: Omit<MiddyStoreOptions, "stores">) {
    const handle = middy()
      .use(middyStore({ stores: [store], ...options }))
      .handler((event) => Promise.resolve(event));
    return (event: unknown) => handle(event, {});
  }

  return {
    storing: (selector = "") =>
      handler({ loadingOptions: { skip: true }, storingOptions: { minSize: THRESHOLD, selector } }),
    loading: () => handler({ storingOptions: { skip: true } }),
    session,
  };
}

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
