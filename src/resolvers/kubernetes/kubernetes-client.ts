/** What the API server keeps of a Secret. */
export interface KubernetesSecret {
  /** Values in base64, as the API gives them. */
  data?: Record<string, string> | undefined;
}

/** What the API server keeps of a ConfigMap. */
export interface KubernetesConfigMap {
  data?: Record<string, string> | undefined;
  /** Values in base64. */
  binaryData?: Record<string, string> | undefined;
}

/** How the Kubernetes resolvers read objects. `undefined` means that there is none. */
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
 * Adapts the official client. Its calls take no signal: an aborted hydration stops waiting for them at once, and they
 * end unheard.
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
