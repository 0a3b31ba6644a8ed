import { getEventListeners } from "node:events";
import { requestAbort } from "../../../../../src/store/drivers/s3/direct/request-signal.js";

class NodeHttpHandler {
  readonly kind = "of the SDK";
}
class FetchHandler {
  readonly kind = "of the caller";
}

describe.each([NodeHttpHandler, FetchHandler])("what stops a request of a %p", (Handler) => {
  it("hears the signal of the call, and leaves nothing on it", () => {
    const call = new AbortController();
    const heard: string[] = [];
    const [first, second, third] = [1, 2, 3].map(() => requestAbort(new Handler(), call.signal));
    for (const [name, abort] of Object.entries({ first: first!, second: second!, third: third! })) {
      abort.signal.addEventListener("abort", () => heard.push(name), { once: true });
    }
    const unheard = (): void => void heard.push("removed");
    first!.signal.addEventListener("abort", unheard);
    first!.signal.removeEventListener("abort", unheard);
    second!.unlink();
    expect(first!.signal.aborted).toBe(false);
    call.abort("enough");
    expect(heard).toEqual(["first", "third"]);
    expect(first!.signal.aborted).toBe(true);
    expect(first!.signal.reason).toBe("enough");
    first!.unlink();
    third!.unlink();
    expect(getEventListeners(call.signal, "abort")).toEqual([]);
  });

  it("is one of Node's own unless the handler is known to ask for less", () => {
    const { signal } = requestAbort(new Handler(), new AbortController().signal);
    expect(signal instanceof AbortSignal).toBe(Handler === FetchHandler);
  });
});
