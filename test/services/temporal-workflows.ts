import { condition, defineSignal, executeChild, proxyActivities, setHandler } from "@temporalio/workflow";

const { step } = proxyActivities<{ step(index: number, before: string): Promise<string> }>({
  startToCloseTimeout: "1 minute",
});

/** Five steps, each of which gets what the one before it gave; then a signal, and a child with both. */
export async function order(input: string): Promise<string> {
  let approval: string | undefined;
  setHandler(defineSignal<[string]>("approve"), (given) => {
    approval = given;
  });
  let value = input;
  for (let index = 0; index < 5; index++) value = await step(index, value);
  await condition(() => approval !== undefined);
  return executeChild<(...args: string[]) => Promise<string>>("ship", {
    workflowId: "child",
    args: [value, approval!],
  });
}
