import type { Job } from "bullmq";

/**
 * A job as its processor sees it: with whole data, while what is stored stays packed. Everything else is done by the job itself.
 *
 * @param pack what `updateData` stores in place of new data
 */
export function wholeJob<T, R>(job: Job<T, R>, data: unknown, pack: (data: unknown) => Promise<unknown>): Job<T, R> {
  let whole = data;
  const updateData = async (next: unknown): Promise<void> => {
    await job.updateData((await pack(next)) as T);
    whole = next;
  };
  return new Proxy(job, {
    get: (target, name) => {
      if (name === "data") return whole;
      if (name === "updateData") return updateData;
      const value: unknown = Reflect.get(target, name, target);
      // As its own: what it writes into Redis is what was packed.
      return typeof value === "function" && name !== "constructor" ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => {
      if (name !== "data") return Reflect.set(target, name, value, target);
      whole = value;
      return true;
    },
  });
}
