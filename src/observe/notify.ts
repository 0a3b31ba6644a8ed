import { types } from "node:util";

/**
 * Tells a listener of something. What it throws, or rejects with when it is an async function, is ignored: observation
 * never changes what a call does.
 */
export function notify<T>(listener: (news: T) => unknown, news: T): void {
  try {
    const answer = listener(news);
    if (types.isPromise(answer)) answer.catch(() => undefined);
  } catch {
    // As said above.
  }
}
