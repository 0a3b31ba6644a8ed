// A workflow of three steps, as an engine would run it: each step gets the payload that the one before gave, and every
// payload goes through the engine's history, where it has to be small.
import type { StorageManager } from "coatcheck";
import type { Delivery, DeliveryBody } from "./deliveries.js";
import { isReference } from "./references.js";

export interface Received {
  event: string;
  delivery: DeliveryBody;
}

export interface Enriched extends Received {
  origin: { repository: string; sender: string };
}

export interface Reported extends Enriched {
  report: string;
}

/** What travels between two steps: the payload, with references in place of what was too big. */
export type Travelling<Payload> = { [Field in keyof Payload]: unknown };

/** Everything that one delivery's run stores lies under this scope, and is found again there by a later step. */
export function scopeOf(delivery: Delivery): string {
  return `demo/${delivery.id}`;
}

export async function receive(manager: StorageManager, delivery: Delivery): Promise<Travelling<Received>> {
  const payload: Received = { event: delivery.event, delivery: delivery.body };
  return (await manager.dehydrate(payload, { scope: scopeOf(delivery) })) as Travelling<Received>;
}

/** Opens two parts of the delivery, and hands the rest on as it came: references and all. */
export async function enrich(
  manager: StorageManager,
  input: Travelling<Received>,
  scope: string,
): Promise<Travelling<Enriched>> {
  const opened = await manager.hydrate<DeliveryBody>(parts(input.delivery, ["repository", "sender"]));
  const payload: Travelling<Enriched> = { ...input, origin: originOf(opened) };
  return (await manager.dehydrate(payload, { scope, references: "pass" })) as Travelling<Enriched>;
}

/** Opens everything. What it gives out unchanged is content that the store has already. */
export async function report(
  manager: StorageManager,
  input: Travelling<Enriched>,
  scope: string,
): Promise<Travelling<Reported>> {
  const opened = await manager.hydrate<Enriched>(input);
  const payload: Reported = { ...opened, report: renderReport(opened) };
  return (await manager.dehydrate(payload, { scope })) as Travelling<Reported>;
}

export function originOf({ repository, sender }: DeliveryBody): Enriched["origin"] {
  return { repository: repository?.full_name ?? "none", sender: sender?.login ?? "nobody" };
}

/** A Markdown document that names every field of the delivery. */
export function renderReport({ event, origin, delivery }: Enriched): string {
  const lines = [`# ${event} in ${origin.repository}, by ${origin.sender}`, ""];
  const list = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) lines.push(`- ${path}: ${String(value)}`);
    else for (const [key, child] of Object.entries(value)) list(child, path === "" ? key : `${path}.${key}`);
  };
  list(delivery, "");
  return lines.join("\n");
}

/** The named fields of a dehydrated object, or its reference where it has left as a whole. */
function parts(dehydrated: unknown, names: readonly string[]): unknown {
  if (isReference(dehydrated)) return dehydrated;
  return Object.fromEntries(Object.entries(dehydrated as object).filter(([name]) => names.includes(name)));
}
