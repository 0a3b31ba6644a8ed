export type { Target } from "./paths/location.js";
export { isReference, referencesIn, type FoundReference } from "./reference/references-in.js";
export { openValue, packValue, type PackValueOptions } from "./adapters/messages/pack-value.js";
export { namespacedKey } from "./manager/namespaced-key.js";
export { resetSharedManagers, sharedManager } from "./manager/shared-manager.js";
export { StorageManager } from "./manager/storage-manager.js";
export type { Dehydrated, Hydrated, ReferenceTo } from "./plan/dehydrated.js";
export type { DehydrationPlan } from "./dehydrate/dehydration-plan.js";
export { renderHtml } from "./picture/render-html.js";
export { renderSvg, type PictureOptions } from "./picture/render-svg.js";
export type {
  VerifyOptions,
  VerifyPrefixOptions,
  VerifyProblem,
  VerifyProblemKind,
  VerifyProgress,
  VerifyReport,
} from "./maintain/verify/report.js";
export type {
  DehydrateOptions,
  HydrateOptions,
  HydrateProgress,
  OpenOptions,
  ReferenceMode,
  SigningOptions,
  StorageManagerOptions,
} from "./configure/options.js";
export type { EnvironmentOptions } from "./configure/environment-options.js";
export type {
  CollectedObject,
  CollectOptions,
  CollectProgress,
  CollectReport,
  KeptObjects,
} from "./maintain/collect/report.js";
export type { ScopeUsage } from "./maintain/usage.js";
export type { AdoptOptions } from "./maintain/adoption.js";
export type { DoneOptions } from "./maintain/done.js";
export type { ReleaseOptions } from "./maintain/release.js";
export type { RetentionOptions, RetentionPolicy, TimeToLive } from "./configure/retention.js";
export { scopePath } from "./object/scope-path.js";
export {
  aes256gcm,
  type Aes256GcmOptions,
  type GivenKeysOptions,
  type KeyProviderOptions,
} from "./codecs/aes256gcm/aes256gcm.js";
export { brotli, type BrotliOptions } from "./codecs/brotli.js";
export type { Codec, DecodeContext, EntryContext, EntryEncoder } from "./codecs/codec.js";
export type { CompressionOptions } from "./codecs/compression.js";
export type { DataKey, KeyProvider } from "./codecs/aes256gcm/encryption-keys.js";
export { gzip, type GzipOptions } from "./codecs/gzip.js";
export { zstd, type ZstdOptions } from "./codecs/zstd.js";
export type { ReencryptOptions, ReencryptProgress, ReencryptReport } from "./maintain/reencrypt.js";
export type { SweepProgress } from "./maintain/walk-objects.js";
export { checkLifecycle, type LifecycleProblem } from "./maintain/lifecycle/check-lifecycle.js";
export type {
  AzureLifecyclePolicy,
  AzureLifecycleRule,
  GcsLifecycleConfiguration,
  GcsLifecycleRule,
  LifecycleConfigurations,
  S3LifecycleConfiguration,
  S3LifecycleRule,
} from "./maintain/lifecycle/configurations.js";
export type { LifecyclePolicy } from "./maintain/lifecycle/lifecycle-policy.js";
export { lifecycleRules } from "./maintain/lifecycle/lifecycle-rules.js";
export { SchemaRegistry, type SchemaTag, type SchemaUpgrade } from "./schemas/schema-registry.js";
export type { InferOutput, StandardSchemaV1 } from "./schemas/standard-schema.js";
export type { CollectResult, CompositionEvent, ObservedOperation, StorageEvent } from "./observe/event.js";
export type { StorageLogger } from "./observe/logger.js";
export type {
  ObserverOption,
  OperationAttributes,
  OperationEnd,
  OperationObserver,
  StorageObserver,
} from "./observe/observer.js";
export type { Bytes } from "./bytes/bytes.js";
export { binary, type BinaryBody, type BinaryOptions } from "./plan/binary.js";
export { stored, type Stored } from "./plan/stored.js";
export type { Binary } from "./plan/source.js";
export type { PayloadPath } from "./plan/payload-path.js";
export type { EntryKind } from "./plan/planned-entry.js";
export type { Dialect } from "./reference/grammar.js";
export type { BubustackReference, StorageReference } from "./reference/reference.js";
// Also in coatcheck/kubernetes. They stay here until 1.0.
export { kubernetesResolvers, type KubernetesResolverOptions } from "./resolvers/kubernetes/kubernetes.js";
export {
  kubernetesClient,
  type CoreV1ApiLike,
  type KubernetesClient,
  type KubernetesConfigMap,
  type KubernetesSecret,
} from "./resolvers/kubernetes/kubernetes-client.js";
export { KubernetesFailure } from "./resolvers/kubernetes/kubernetes-failure.js";
export type { ReferenceResolver, ResolveContext } from "./resolvers/resolver.js";
export type { Capability } from "./store/capability.js";
export type { Clock } from "./async/clock.js";
export { defineStore } from "./store/drivers/defined/define-store.js";
export type {
  KeysOptions,
  ListedKey,
  PutOptions,
  RemoveOptions,
  StoreDefinition,
  StoredObject,
} from "./store/drivers/defined/definition.js";
export { FailoverStore } from "./store/compose/failover/failover-store.js";
export type {
  BroadcastOptions,
  CopyReadOptions,
  FailoverStoreOptions,
  LocationCacheOptions,
  Locator,
} from "./store/compose/failover/options.js";
export type { FailoverWriteInfo } from "./store/compose/failover/write-first.js";
export {
  migrate,
  type MigrateOptions,
  type MigrateProgress,
  type MigrateResult,
} from "./store/compose/migrating/migrate.js";
export { MigratingStore } from "./store/compose/migrating/migrating-store.js";
export type { MigratingStoreOptions, MigrationPhase, MigrationStores } from "./store/compose/migrating/options.js";
export type { Feature, FeatureOptions, Operation } from "./store/layers/features/options.js";
export { withFeatures } from "./store/layers/features/with-features.js";
export { type FeatureStore } from "./store/layers/features/feature-store.js";
export {
  MemoryUsageCounter,
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type CircuitBreakerOptions,
  type CircuitBreakerStore,
  type CircuitState,
  type ConcurrencyLimitOptions,
  type RetryOptions,
  type TimedOperation,
  type TimeoutOptions,
  type UsageCounter,
  type UsageKind,
  type UsageLimitOptions,
} from "./store/layers/index.js";
export { type DigestOf } from "./store/compose/replicas/known-digest.js";
export { contentAddressedDigest } from "./object/object-name.js";
export { ReplicaErrors, type ReplicaFailure, type ReplicaOutcome } from "./store/compose/replicas/replica-errors.js";
export type { ReplicatedWriteInfo } from "./store/compose/replicated/write-copies.js";
export type { Acknowledge, ReplicatedStoreOptions } from "./store/compose/replicated/options.js";
export type { RepairReport } from "./store/compose/replicated/repair.js";
export { ReplicatedStore, type RepairOptions, type ScrubOptions } from "./store/compose/replicated/replicated-store.js";
export type { ScrubReport } from "./store/compose/replicated/scrub.js";
export type { RoutingStoreOptions, SchemeFactory, SchemeStores } from "./store/compose/routing/options.js";
export { RoutingStore } from "./store/compose/routing/routing-store.js";
export type { TieredStoreOptions } from "./store/layers/tiered/options.js";
export { TieredStore, type TieredStoreStats } from "./store/layers/tiered/tiered-store.js";
export type { TouchableStore } from "./store/layers/tiered/touchable-store.js";
export { FileStore } from "./store/drivers/file/file-store.js";
export type { FileStoreOptions } from "./store/drivers/file/options.js";
export { MemoryStore } from "./store/drivers/memory-store.js";
export {
  isNotFound,
  isStorageError,
  STORAGE_ERROR_CODES,
  StorageError,
  type StorageErrorCode,
  type StorageErrorDetails,
} from "./errors/error.js";
export type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "./store/store.js";
