// How the files of src/ lie in the chunks of dist/: what programs take or leave together, because bundlers drop a
// chunk of which nothing is used. From the ground up: a chunk imports only those before it.
const MANAGER_ROOMS =
  "schemas|codecs|reference|plan|resolvers|configure|access|call|dehydrate|hydrate|maintain|manager";

// What the manager needs of drivers, layers and compositions.
const SHARED = [
  "drivers/(memory-store|driver-store|driver-entry|driver-entries)",
  "drivers/s3/(limits|client/bucket-name|client/region)",
  "drivers/file/root-problem",
  "drivers/gcs/bucket-name",
  "drivers/azure/(names|connection-string)",
  "drivers/redis/(limits|redis-url)",
  "guard/own-stores",
  "layers/semaphore",
  "layers/tiered/touchable-store",
  "compose/replicas/known-digest",
  "compose/routing/route",
];

export const CHUNKS = inOrder([
  { name: "rolldown-runtime", test: /^\0rolldown/ },
  { name: "zod", test: /node_modules\/zod\// },
  { name: "libraries", test: /node_modules\/(lru-cache|uuidv7|fast-json-stable-stringify)\// },
  { name: "errors", test: /src\/errors\// },
  {
    name: "ground",
    test: new RegExp(
      `src/(json|paths|bytes|async|options|object)/|src/observe/[^/]+$|src/store/([^/]+|${SHARED.join("|")})\\.ts$`,
    ),
  },
  { name: "exporters", test: /src\/observe\/exporters\/(?!otel|prometheus)/ },
  { name: "compression", test: /src\/codecs\/(gzip|brotli|zstd|zstd-frame|compression)\.ts$/ },
  { name: "kubernetes-resolvers", test: /src\/resolvers\/kubernetes\// },
  { name: "manager", test: new RegExp(`src/(${MANAGER_ROOMS})/(?!lifecycle/)`) },
  { name: "lifecycle", test: /src\/maintain\/lifecycle\// },
  {
    name: "envelope",
    test: /src\/adapters\/messages\/(envelope|engine-fields|kept-keys|pack-value|data-alone|body-form|message-error)\.ts$/,
  },
  { name: "pictures", test: /src\/picture\// },
  { name: "rules", test: /src\/adapters\/(messages\/(rules|mistakable|encodings|wire)|amazon\/notification)\.ts$/ },
  { name: "message-core", test: /src\/adapters\/messages\// },
  {
    name: "foreign-claims",
    test: /src\/adapters\/foreign\/(temporal-claim|protobuf-payload|places|pointer-format)\.ts$/,
  },
  { name: "temporal-adapter", test: /src\/adapters\/temporal\// },
  { name: "amazon-messages", test: /src\/adapters\/(amazon\/|sqs\/received-message)/ },
  { name: "file-store", test: /src\/store\/drivers\/file\// },
  { name: "services", test: /src\/store\/drivers\/[^/]+$/ },
  { name: "defined-store", test: /src\/store\/drivers\/defined\// },
  { name: "guard", test: /src\/store\/guard\// },
  { name: "layers", test: /src\/store\/layers\/[^/]+$|node_modules\/cockatiel\// },
  { name: "features", test: /src\/store\/layers\/features\// },
  { name: "tiered", test: /src\/store\/layers\/tiered\// },
  { name: "replicas", test: /src\/store\/compose\/(failover|migrating|replicas|replicated)\// },
  { name: "routing", test: /src\/store\/compose\/routing\// },
  { name: "commander", test: /node_modules\/commander\// },
  // What every run needs, and what a verb does: loaded when it is asked for.
  {
    name: "command",
    test: /src\/command\/(?:terminal\/|(?:process|main|verb|verbs|flags|failure|exit-codes)\.ts$)/,
  },
  { name: "doctor", test: /src\/inspector\/(doctor\/|object-entries)/ },
  { name: "inspector-page", test: /src\/inspector\// },
  { name: "verbs", test: /src\/command\// },
]);

/** What is wrong with the chunks of a build: one that imports what is above it, and modules that are in none. */
export function chunkProblems(parts) {
  const floors = new Map(CHUNKS.map(({ name }, floor) => [name, floor]));
  const byFile = new Map(parts.map((part) => [part.fileName, part]));
  return parts.flatMap((part) => {
    const floor = floors.get(part.name);
    if (floor === undefined) return isFace(part) ? [] : [`The chunk ${part.fileName} is not planned.`];
    return part.imports
      .map((file) => byFile.get(file))
      .filter((imported) => imported !== undefined && !(floors.get(imported.name) < floor))
      .map((imported) => `The chunk ${part.name} imports ${imported.name}, which is above it.`);
  });
}

/** An entry point, or the file by which a chunk is loaded late. */
function isFace({ isEntry, isDynamicEntry, modules }) {
  return isEntry || (isDynamicEntry && Object.keys(modules).length === 0);
}

/** The first that matches takes a module. */
function inOrder(groups) {
  return groups.map((group, index) => ({ ...group, priority: groups.length - index }));
}
