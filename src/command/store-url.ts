import { usageFailure } from "./failure.js";

/** Names of variables without their prefix, and their values for a store. */
type Variables = Readonly<Record<string, string | undefined>>;

interface Scheme {
  /** Parameters of the URL, each with the variable that it sets. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly variables: (url: URL) => Variables;
}

const REDIS: Scheme = {
  parameters: { prefix: "STORAGE_REDIS_PREFIX", ttl: "STORAGE_REDIS_TTL" },
  variables: (url) => ({
    STORAGE_PROVIDER: "redis",
    STORAGE_REDIS_URL: `${url.protocol}//${url.host}${url.pathname}`,
    STORAGE_REDIS_PREFIX: undefined,
  }),
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  file: {
    parameters: {},
    variables: (url) => ({ STORAGE_PROVIDER: "file", STORAGE_PATH: directoryOf(url) }),
  },
  s3: bucketScheme("s3", ["STORAGE_S3_BUCKET", "STORAGE_S3_PREFIX"], {
    region: "STORAGE_S3_REGION",
    endpoint: "STORAGE_S3_ENDPOINT",
  }),
  redis: REDIS,
  rediss: REDIS,
  gs: bucketScheme("gcs", ["STORAGE_GCS_BUCKET", "STORAGE_GCS_PREFIX"]),
  az: bucketScheme("azure", ["STORAGE_AZURE_CONTAINER", "STORAGE_AZURE_PREFIX"], { account: "STORAGE_AZURE_ACCOUNT" }),
};

/** Makes a scheme whose URLs name a bucket, and a prefix in it. */
function bucketScheme(
  provider: string,
  [bucket, prefix]: readonly [bucket: string, prefix: string],
  parameters: Scheme["parameters"] = {},
): Scheme {
  const variables = (url: URL): Variables => ({
    STORAGE_PROVIDER: provider,
    [bucket]: containerOf(url),
    [prefix]: prefixOf(url),
  });
  return { parameters, variables };
}

/** Says whether an argument is the URL of a store, and not a path in a store. */
export function isStoreUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * Returns an environment that describes the store of a URL. Other variables keep their values, above all credentials.
 *
 * @throws {CommandFailure} for a text that is not the URL of a store. The message repeats nothing of the URL, which
 *   may hold a secret.
 */
export function environmentOf(text: string, env: NodeJS.ProcessEnv, envPrefix: string): NodeJS.ProcessEnv {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol.slice(0, -1)];
  if (url === undefined || scheme === undefined || !isStoreUrl(text)) {
    throw usageFailure(
      "A store is a URL: file:///dir, s3://bucket/prefix, redis://host:port, gs://bucket or az://container.",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw usageFailure(
      `The URL of a store must hold no credentials: others see the arguments of a process. Set the variables ${envPrefix}... instead.`,
    );
  }
  if (url.hash !== "") throw usageFailure("The URL of a store takes no #: write it %23.");
  const variables: Record<string, string | undefined> = { ...scheme.variables(url) };
  for (const [name, value] of url.searchParams) {
    const variable = Object.hasOwn(scheme.parameters, name) ? scheme.parameters[name] : undefined;
    if (variable === undefined) {
      const known = Object.keys(scheme.parameters);
      throw usageFailure(
        `The URL of a ${url.protocol}// store takes ${known.length === 0 ? "no parameters" : `only the parameters ${known.join(", ")}`}.`,
      );
    }
    if (variable.endsWith("_ENDPOINT")) assertNoCredentials(value);
    variables[variable] = value;
  }
  const named = Object.entries(variables).map(([name, value]) => [envPrefix + name, value] as const);
  return { ...env, ...Object.fromEntries(named) };
}

function assertNoCredentials(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") {
    throw usageFailure("The endpoint in the URL of a store must be a URL without credentials.");
  }
}

function directoryOf(url: URL): string {
  if (url.host !== "" || url.search !== "") {
    throw usageFailure("The URL of a directory is file:///dir, with three slashes.");
  }
  return decoded(url.pathname);
}

function containerOf(url: URL): string {
  if (url.host === "") throw usageFailure(`The URL of a store names its bucket: ${url.protocol}//bucket/prefix.`);
  return url.host;
}

function prefixOf(url: URL): string | undefined {
  const prefix = decoded(url.pathname.replace(/^\//, "").replace(/\/$/, ""));
  return prefix === "" ? undefined : prefix;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageFailure("The URL of a store is not well encoded: write a % as %25.");
  }
}
