/** What the server has seen since it was last asked to forget. */
export interface Traffic {
  readonly put: number;
  readonly get: number;
  /** Every other request: POST (the begin and the end of a multipart upload), HEAD, DELETE. */
  readonly other: number;
  /** Bytes of the bodies that came in, framing included. */
  readonly bytesSent: number;
}

/** Speaks to the server beside its S3 port, where nothing is counted or delayed. */
export class ServerControl {
  constructor(readonly url: string) {}

  /** Begins to count anew. */
  async reset(): Promise<void> {
    await this.#call("reset");
  }

  async traffic(): Promise<Traffic> {
    return (await this.#call("traffic")) as Traffic;
  }

  /** Deletes all objects. */
  async clear(): Promise<void> {
    await this.#call("clear");
  }

  async #call(what: string): Promise<unknown> {
    const response = await fetch(`${this.url}/${what}`);
    return response.json();
  }
}
