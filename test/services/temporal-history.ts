import { temporal } from "@temporalio/proto";

type Event = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads;

const { EventType } = temporal.api.enums.v1;
const taskQueue = { name: "orders" };

/** What a run of the workflow `order` was given and gave. */
export interface OrderRun {
  readonly input: Payloads;
  /** What each step was given and gave. */
  readonly steps: readonly { readonly input: Payloads; readonly result: Payloads }[];
  readonly signal: Payloads;
  readonly child: { readonly input: Payloads; readonly result: Payloads };
}

/** The history that the server has of a run of `order`, as it would send it to a worker that replays it. */
export function historyOf({ input, steps, signal, child }: OrderRun): temporal.api.history.v1.History {
  const events: Event[] = [];
  const add = (eventType: temporal.api.enums.v1.EventType, attributes: Event): number => {
    const eventTime = { seconds: 1_700_000_000 + events.length, nanos: 0 } as never;
    return events.push({ eventId: (events.length + 1) as never, eventType, eventTime, ...attributes });
  };
  const task = (): number => {
    const startToCloseTimeout = { seconds: 10 as never };
    const scheduledEventId = add(EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, {
      workflowTaskScheduledEventAttributes: { taskQueue, startToCloseTimeout, attempt: 1 },
    }) as never;
    const startedEventId = add(EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, {
      workflowTaskStartedEventAttributes: { scheduledEventId },
    }) as never;
    return add(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, {
      workflowTaskCompletedEventAttributes: { scheduledEventId, startedEventId },
    });
  };
  const ids = { originalExecutionRunId: "r", firstExecutionRunId: "r", workflowId: "w" };
  add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, {
    workflowExecutionStartedEventAttributes: {
      ...ids,
      workflowType: { name: "order" },
      taskQueue,
      input,
      attempt: 1,
      workflowTaskTimeout: { seconds: 10 as never },
    },
  });
  let done = task();
  for (const [index, step] of steps.entries()) {
    const scheduledEventId = add(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, {
      activityTaskScheduledEventAttributes: {
        activityId: `${index + 1}`,
        activityType: { name: "step" },
        taskQueue,
        input: step.input,
        startToCloseTimeout: { seconds: 60 as never },
        workflowTaskCompletedEventId: done as never,
      },
    }) as never;
    // The third attempt: of those that failed, the history has no events.
    const startedEventId = add(EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, {
      activityTaskStartedEventAttributes: { scheduledEventId, attempt: 3 },
    }) as never;
    add(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, {
      activityTaskCompletedEventAttributes: { scheduledEventId, startedEventId, result: step.result },
    });
    done = task();
  }
  add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, {
    workflowExecutionSignaledEventAttributes: { signalName: "approve", input: signal },
  });
  done = task();
  const workflowType = { name: "ship" };
  const workflowExecution = { workflowId: "child", runId: "c" };
  const initiatedEventId = add(EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, {
    startChildWorkflowExecutionInitiatedEventAttributes: {
      workflowId: "child",
      workflowType,
      taskQueue,
      input: child.input,
      workflowTaskCompletedEventId: done as never,
    },
  }) as never;
  const startedEventId = add(EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, {
    childWorkflowExecutionStartedEventAttributes: { initiatedEventId, workflowExecution, workflowType },
  }) as never;
  task();
  add(EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED, {
    childWorkflowExecutionCompletedEventAttributes: {
      initiatedEventId,
      startedEventId,
      workflowExecution,
      workflowType,
      result: child.result,
    },
  });
  task();
  return temporal.api.history.v1.History.create({ events });
}
