import type { View } from "./visit.js";
import { collect, doctor, release, remove } from "./views/maintenance.js";
import { object, objects } from "./views/objects.js";
import { plan, resolve } from "./views/payload.js";
import { scopes } from "./views/scopes.js";

/** A request that a page may make. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly view: View;
  /** Whether the request deletes something. It is then refused, unless the options allow it. */
  readonly changes?: boolean;
}

/** All requests that a page may make, by path. */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/api/scopes", { method: "GET", view: scopes }],
  ["/api/objects", { method: "GET", view: objects }],
  ["/api/object", { method: "GET", view: object }],
  ["/api/plan", { method: "POST", view: plan }],
  ["/api/resolve", { method: "POST", view: resolve }],
  ["/api/collect", { method: "POST", view: collect }],
  ["/api/doctor", { method: "POST", view: doctor }],
  ["/api/release", { method: "POST", view: release, changes: true }],
  ["/api/delete", { method: "POST", view: remove, changes: true }],
]);
