/** "Naming and referencing containers": `$root`, `$web` and `$logs` are special ones. */
export const CONTAINER_NAME = /^(?:[a-z0-9](?:-?[a-z0-9]){2,62}|\$root|\$web|\$logs)$/;

/** "Storage account overview", names of accounts. */
export const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/;
