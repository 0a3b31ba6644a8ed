// The entry points of the package: the name that users import, and the file of src/ that is its face. The build and
// jest take this list. What can't, package.json and tsconfig.json, is checked against it: test/entries.test.ts.
export const ENTRIES = {
  coatcheck: "src/index.ts",
  "coatcheck/file": "src/file.ts",
  "coatcheck/s3": "src/s3.ts",
  "coatcheck/redis": "src/redis.ts",
  "coatcheck/gcs": "src/gcs.ts",
  "coatcheck/azure": "src/azure.ts",
  "coatcheck/kubernetes": "src/kubernetes.ts",
  "coatcheck/messages": "src/adapters/messages.ts",
  "coatcheck/sqs": "src/adapters/sqs.ts",
  "coatcheck/sns": "src/adapters/sns.ts",
  "coatcheck/kafka": "src/adapters/kafka.ts",
  "coatcheck/amqp": "src/adapters/amqp.ts",
  "coatcheck/formats": "src/adapters/formats.ts",
  "coatcheck/bullmq": "src/adapters/bullmq.ts",
  "coatcheck/nats": "src/adapters/nats.ts",
  "coatcheck/eventbridge": "src/adapters/eventbridge.ts",
  "coatcheck/cloudevents": "src/adapters/cloudevents.ts",
  "coatcheck/pubsub": "src/adapters/pubsub.ts",
  "coatcheck/kinesis": "src/adapters/kinesis.ts",
  "coatcheck/servicebus": "src/adapters/servicebus.ts",
  "coatcheck/lambda": "src/adapters/lambda.ts",
  "coatcheck/durable": "src/adapters/durable.ts",
  "coatcheck/temporal": "src/adapters/temporal.ts",
  "coatcheck/inngest": "src/adapters/inngest.ts",
  "coatcheck/dbos": "src/adapters/dbos.ts",
  "coatcheck/jobs": "src/adapters/jobs.ts",
  "coatcheck/testing": "src/testing/index.ts",
  "coatcheck/prometheus": "src/prometheus.ts",
  "coatcheck/otel": "src/otel.ts",
  "coatcheck/inspector": "src/inspector.ts",
};

/** The programs that the package installs, and their files in src/: ECMAScript modules, which nobody imports. */
export const PROGRAMS = { coatcheck: "src/bin.ts" };

/** The name of an entry point's files in dist/, without their ending. */
export function fileOf(entry) {
  return entry === "coatcheck" ? "index" : entry.slice("coatcheck/".length);
}
