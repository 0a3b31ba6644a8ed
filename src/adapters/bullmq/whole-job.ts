import type { Job } from "bullmq";

/**
 * Wraps a job so that its processor sees opened data, while the stored data stays packed. The job itself does
 * everything else.
 *
 * @param pack returns the packed data that `updateData` stores
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
      // Methods run on the job itself, so that they write the packed data to Redis.
      return typeof value === "function" && name !== "constructor" ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => {
      if (name !== "data") return Reflect.set(target, name, value, target);
      whole = value;
      return true;
    },
  });
}
