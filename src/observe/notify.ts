import { types } from "node:util";

/**
 * Notifies a listener. An error that it throws, or a rejection of an async listener, is ignored. Observation never
 * changes what a call does.
 */
export function notify<T>(listener: (news: T) => unknown, news: T): void {
  try {
    const answer = listener(news);
    if (types.isPromise(answer)) answer.catch(() => undefined);
  } catch {
    // Ignored, as the description says.
  }
}
