import examples from "@octokit/webhooks-examples";

/** Deliveries of GitHub's webhooks, of as many kinds as there are. */
export function webhookDeliveries(count: number): unknown[] {
  return (examples as unknown as { examples: unknown[] }[]).map(({ examples: [first] }) => first).slice(0, count);
}
