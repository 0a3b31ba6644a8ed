// Names that Kubernetes and Docker set in every container for a service that is called "coatcheck" (Kubernetes,
// "Services, Networking": environment variables).
const OF_A_SERVICE = /^(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** Returns whether a platform, and not the user, may have set a variable of this name. */
export function isOfPlatform(name: string): boolean {
  return OF_A_SERVICE.test(name);
}
