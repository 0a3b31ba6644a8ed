import { createRequire } from "node:module";

/** One webhook delivery of GitHub, as GitHub sent it. */
export interface Delivery {
  /** The kind of event and its number within that kind: `issues-7`. */
  id: string;
  event: string;
  body: DeliveryBody;
}

export interface DeliveryBody {
  repository?: { full_name: string };
  sender?: { login: string };
  [field: string]: unknown;
}

interface EventExamples {
  name: string;
  examples: DeliveryBody[];
}

/** The deliveries that the community has collected in `@octokit/webhooks-examples`, in their order. */
export function loadDeliveries(): Delivery[] {
  const events = createRequire(import.meta.url)("@octokit/webhooks-examples") as EventExamples[];
  return events.flatMap(({ name, examples }) => {
    return examples.map((body, index) => ({ id: `${name}-${index + 1}`, event: name, body }));
  });
}
