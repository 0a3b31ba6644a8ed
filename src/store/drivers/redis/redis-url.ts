/**
 * Returns the problem of a server URL and the way to solve it, or `undefined` for a valid URL. Repeats no part of the
 * URL.
 */
export function redisUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return "must be a redis:// or rediss:// URL";
  const url = new URL(text);
  if (!["redis:", "rediss:"].includes(url.protocol) || url.hostname === "" || url.port === "0") {
    return "must be a redis:// or rediss:// URL";
  }
  if (url.hash !== "") return "must have no #: write %23 where it belongs to a name or password";
  if (!isPercentEncoded(url.username) || !isPercentEncoded(url.password)) {
    return "must have a name and password in percent-encoding: write %25 for a %";
  }
  if (!/^\/?(?:\d{1,9})?$/.test(url.pathname)) return 'must end in the number of a database, as in "/0", or in none';
  return queryProblem(url);
}

// The client would take any of its own options from the query, which would override options that the store needs.
function queryProblem({ pathname, searchParams }: URL): string | undefined {
  const names = [...searchParams.keys()];
  if (names.some((name) => name !== "db" && name !== "family") || new Set(names).size < names.length) {
    return "must have no query other than db and family";
  }
  const database = searchParams.get("db");
  if (database !== null && (pathname.length > 1 || !/^\d{1,9}$/.test(database))) {
    return "must name one database, by its number";
  }
  const family = searchParams.get("family");
  return family === null || ["0", "4", "6"].includes(family)
    ? undefined
    : "must have 4 or 6 as its family, or 0 for both";
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
