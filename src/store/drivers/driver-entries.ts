import type { SchemeFactory } from "../compose/routing/options.js";
import type { Store } from "../store.js";
import { DriverEntry } from "./driver-entry.js";
import type { S3Settings } from "./s3/settings.js";
import type { AzureSettings, GcsSettings, RedisSettings } from "./settings.js";

/** A driver that serves every container of a scheme. Its client library takes its settings from the environment. */
interface Scheme {
  scheme(): SchemeFactory;
}

/** A driver that makes the store described by environment variables. */
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

/** The schemes that need no configuration. Each with its other names and its driver. */
export const BUILT_IN_SCHEMES = [
  { scheme: "s3", aliases: [], driver: DRIVER_ENTRIES.s3 },
  { scheme: "gs", aliases: ["gcs"], driver: DRIVER_ENTRIES.gcs }, // the name in fsspec
  // Hadoop's names, with and without TLS. This package always uses TLS.
  { scheme: "abfss", aliases: ["abfs"], driver: DRIVER_ENTRIES.azure },
  { scheme: "az", aliases: [], driver: DRIVER_ENTRIES.azure },
] as const;
