/** The part of a Secret that the API server returns. */
export interface KubernetesSecret {
  /** Values in base64, as the API returns them. */
  data?: Record<string, string> | undefined;
}

/** The part of a ConfigMap that the API server returns. */
export interface KubernetesConfigMap {
  data?: Record<string, string> | undefined;
  /** Values in base64. */
  binaryData?: Record<string, string> | undefined;
}

/** Reads objects for the Kubernetes resolvers. `undefined` means that the object does not exist. */
export interface KubernetesClient {
  readSecret(namespace: string, name: string, options: { signal: AbortSignal }): Promise<KubernetesSecret | undefined>;
  readConfigMap(
    namespace: string,
    name: string,
    options: { signal: AbortSignal },
  ): Promise<KubernetesConfigMap | undefined>;
}

/** The part of `CoreV1Api` of `@kubernetes/client-node` (1.0 and later) that {@link kubernetesClient} calls. */
export interface CoreV1ApiLike {
  readNamespacedSecret(request: { name: string; namespace: string }): Promise<KubernetesSecret>;
  readNamespacedConfigMap(request: { name: string; namespace: string }): Promise<KubernetesConfigMap>;
}

/**
 * Adapts the official client. Its calls take no signal. An aborted hydration stops waiting for them at once, and
 * ignores how they end.
 *
 * @example
 * import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
 *
 * const config = new KubeConfig();
 * config.loadFromCluster();
 * const client = kubernetesClient(config.makeApiClient(CoreV1Api));
 * const resolvers = kubernetesResolvers({ client, namespace: "orders" });
 */
export function kubernetesClient(api: CoreV1ApiLike): KubernetesClient {
  return {
    readSecret: (namespace, name) => api.readNamespacedSecret({ name, namespace }),
    readConfigMap: (namespace, name) => api.readNamespacedConfigMap({ name, namespace }),
  };
}
