import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { Client, Connection, type ClientOptions } from "@temporalio/client";
import { temporal } from "@temporalio/proto";

const SERVICE = "temporal.api.workflowservice.v1.WorkflowService";
const messages = temporal.api.workflowservice.v1;

type Started = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;

/** The little of Temporal's frontend that starting and describing workflows takes, over gRPC. */
export class Frontend {
  readonly started: Started[] = [];
  /** Ids of workflows whose retention is over. */
  readonly gone = new Set<string>();
  readonly #server = new Server();

  async client(options: Omit<ClientOptions, "connection">): Promise<Client> {
    const answers: Record<string, (request: never) => object> = {
      GetSystemInfo: () => ({}),
      StartWorkflowExecution: (request: Started) => {
        this.started.push(request);
        return { runId: `run-${this.started.length}` };
      },
      DescribeWorkflowExecution: ({ execution }: temporal.api.workflowservice.v1.IDescribeWorkflowExecutionRequest) => {
        const { workflowId = "" } = execution!;
        if (this.gone.has(workflowId!)) throw Object.assign(new Error("no such workflow"), { code: status.NOT_FOUND });
        const time = { seconds: 1, nanos: 0 };
        const info = { execution, type: { name: "order" }, status: 1, startTime: time, executionTime: time, memo: {} };
        return { workflowExecutionInfo: info, executionConfig: {} };
      },
    };
    const definition = Object.fromEntries(Object.keys(answers).map((name) => [name, methodOf(name)]));
    const implementation = Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => [
        name,
        ({ request }: { request: never }, reply: (error: unknown, answered?: object) => void) => {
          try {
            reply(null, answer(request));
          } catch (error) {
            reply(error);
          }
        },
      ]),
    );
    this.#server.addService(definition, implementation as never);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new Client({ ...options, connection: await Connection.connect({ address: `127.0.0.1:${port}` }) });
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

interface MessageType {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

function methodOf(name: string) {
  const types = messages as unknown as Record<string, MessageType>;
  const [request, response] = [types[`${name}Request`]!, types[`${name}Response`]!];
  return {
    path: `/${SERVICE}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: object) => Buffer.from(request.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (message: object) => Buffer.from(response.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  };
}
