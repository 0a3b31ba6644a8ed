/**
 * The form of a container name ("Naming and referencing containers"). `$root`, `$web` and `$logs` are special
 * containers.
 */
export const CONTAINER_NAME = /^(?:[a-z0-9](?:-?[a-z0-9]){2,62}|\$root|\$web|\$logs)$/;

/** The form of an account name ("Storage account overview"). */
export const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/;
