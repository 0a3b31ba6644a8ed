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
