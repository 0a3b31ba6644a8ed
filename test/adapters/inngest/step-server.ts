import type { Inngest, InngestFunction } from "inngest";
import { serve } from "inngest/edge";

interface Op {
  readonly op: string;
  readonly id: string;
  readonly data?: unknown;
  readonly opts?: { payload?: { data?: unknown } };
}

/** What a run of a function came to. */
export interface Run {
  readonly status: number;
  readonly output: unknown;
  /** What the server keeps of the run: the results of its steps as they travelled. */
  readonly state: ReadonlyMap<string, unknown>;
  readonly requests: number;
}

/**
 * The part of Inngest's server that runs one function: it posts the event and the steps so far, until the function returns. A step
 * that fails is asked for again, with the next attempt.
 *
 * @param invoke what another function gives that a step invokes
 */
export async function runOn(
  client: Inngest.Any,
  fn: InngestFunction.Any,
  event: object,
  invoke?: (data: unknown) => Promise<unknown>,
): Promise<Run> {
  const handler = serve({ client, functions: [fn] });
  const state = new Map<string, unknown>();
  let requests = 0;
  for (let attempt = 0; requests < 50;) {
    requests++;
    const steps = Object.fromEntries([...state].map(([id, data]) => [id, { type: "data", data }]));
    const stack = { stack: [...state.keys()], current: state.size };
    const ctx = {
      run_id: "run-1",
      attempt,
      max_attempts: 4,
      stack,
      disable_immediate_execution: false,
      use_api: false,
    };
    const url = new URL(`http://app.test/api/inngest?fnId=${fn.id(client.id)}&stepId=step`);
    const body = JSON.stringify({ version: 2, event, events: [event], steps, ctx });
    const response = await handler(
      new Request(url, { method: "POST", body, headers: { "content-type": "application/json", host: "app.test" } }),
    );
    const answer = await response.json();
    if (response.status !== 206) {
      const isRetried = response.status === 500 && response.headers.get("x-inngest-no-retry") !== "true" && attempt < 3;
      if (!isRetried) return { status: response.status, output: answer, state, requests };
      attempt++;
      continue;
    }
    for (const { op, id, data, opts } of answer as Op[]) {
      if (op === "InvokeFunction") state.set(id, await invoke?.(opts?.payload?.data));
      else if (op === "StepError") attempt++;
      else if (op === "StepRun" || op === "Step") {
        state.set(id, data);
        attempt = 0;
      }
    }
  }
  throw new Error("The run came to no end.");
}
