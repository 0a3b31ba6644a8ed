export { namespacedKey } from "./manager/namespaced-key.js";
export { resetSharedManagers, sharedManager } from "./manager/shared-manager.js";
export { StorageManager, type Dehydrated } from "./manager/storage-manager.js";
export type { DehydrationPlan } from "./manager/dehydration-plan.js";
export type {
  DehydrateOptions,
  HydrateOptions,
  HydrateProgress,
  ReferenceMode,
  StorageManagerOptions,
} from "./manager/options.js";
export { SchemaRegistry, type SchemaTag, type SchemaUpgrade } from "./object/schema-registry.js";
export type { InferOutput, StandardSchemaV1 } from "./object/standard-schema.js";
export type { CompositionEvent, ObservedOperation, StorageEvent, StorageObserver } from "./observe/event.js";
export type { StorageLogger } from "./observe/logger.js";
export type { EntryKind, PayloadPath } from "./plan/plan.js";
export type { Dialect } from "./reference/grammar.js";
export type { BubustackReference, StorageReference } from "./reference/reference.js";
export { kubernetesResolvers, type KubernetesResolverOptions } from "./resolvers/kubernetes.js";
export {
  kubernetesClient,
  type CoreV1ApiLike,
  type KubernetesClient,
  type KubernetesConfigMap,
  type KubernetesSecret,
} from "./resolvers/kubernetes-client.js";
export type { ReferenceResolver, ResolveContext } from "./resolvers/resolver.js";
export type { Capability } from "./store/capability.js";
export type { Clock } from "./store/clock.js";
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
} from "./error.js";
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
