/** Makes a thing once, for all who ask for it. A failure is not remembered: whoever asks next tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    const making = (made ??= make());
    try {
      return await making;
    } catch (error) {
      if (made === making) made = undefined;
      throw error;
    }
  };
}
