// The entry points of the package: the name that users import, and the file of src/ that is its face. The build and
// jest take this list. What can't, package.json and tsconfig.json, is checked against it: test/entries.test.ts.
export const ENTRIES = {
  coatcheck: "src/index.ts",
  "coatcheck/file": "src/file.ts",
  "coatcheck/s3": "src/s3.ts",
  "coatcheck/redis": "src/redis.ts",
  "coatcheck/gcs": "src/gcs.ts",
  "coatcheck/azure": "src/azure.ts",
  "coatcheck/messages": "src/messages.ts",
  "coatcheck/sqs": "src/sqs.ts",
  "coatcheck/sns": "src/sns.ts",
  "coatcheck/kafka": "src/kafka.ts",
  "coatcheck/amqp": "src/amqp.ts",
  "coatcheck/formats": "src/formats.ts",
  "coatcheck/bullmq": "src/bullmq.ts",
  "coatcheck/nats": "src/nats.ts",
  "coatcheck/eventbridge": "src/eventbridge.ts",
  "coatcheck/cloudevents": "src/cloudevents.ts",
  "coatcheck/pubsub": "src/pubsub.ts",
  "coatcheck/kinesis": "src/kinesis.ts",
  "coatcheck/servicebus": "src/servicebus.ts",
  "coatcheck/lambda": "src/lambda.ts",
  "coatcheck/durable": "src/durable.ts",
  "coatcheck/temporal": "src/temporal.ts",
  "coatcheck/inngest": "src/inngest.ts",
  "coatcheck/dbos": "src/dbos.ts",
  "coatcheck/jobs": "src/jobs.ts",
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
