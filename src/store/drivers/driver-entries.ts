import type { SchemeFactory } from "../compose/routing/options.js";
import type { Store } from "../store.js";
import { DriverEntry } from "./driver-entry.js";
import type { S3Settings } from "./s3/settings.js";
import type { AzureSettings, GcsSettings, RedisSettings } from "./settings.js";

/** Serves every container of a scheme with what its client library finds in the environment. */
interface Scheme {
  scheme(): SchemeFactory;
}

/** Makes the store that environment variables describe. */
interface Provider<Settings> {
  create(settings: Settings): Store | Promise<Store>;
}

/** The drivers that the package finds by itself. */
export const DRIVER_ENTRIES = {
  file: new DriverEntry<Provider<{ root: string }>>("coatcheck/file"),
  s3: new DriverEntry<Provider<S3Settings> & Scheme>("coatcheck/s3"),
  redis: new DriverEntry<Provider<RedisSettings>>("coatcheck/redis"),
  gcs: new DriverEntry<Provider<GcsSettings> & Scheme>("coatcheck/gcs"),
  azure: new DriverEntry<Provider<AzureSettings> & Scheme>("coatcheck/azure"),
};

/** The schemes that need no configuration, their other names, and the driver that serves them. */
export const BUILT_IN_SCHEMES = [
  { scheme: "s3", aliases: [], driver: DRIVER_ENTRIES.s3 },
  { scheme: "gs", aliases: ["gcs"], driver: DRIVER_ENTRIES.gcs }, // as fsspec calls it
  { scheme: "abfss", aliases: ["abfs"], driver: DRIVER_ENTRIES.azure }, // Hadoop's, with and without TLS: here always with
  { scheme: "az", aliases: [], driver: DRIVER_ENTRIES.azure },
] as const;
