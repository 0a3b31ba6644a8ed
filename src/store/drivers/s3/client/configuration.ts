import type { DriverCall } from "../../driver-store.js";
import type { S3Client } from "@aws-sdk/client-s3";
import { StorageError } from "../../../../errors/error.js";
import { ENDPOINT_PROBLEM, isEndpoint } from "./endpoint.js";
import type { S3Failure } from "../failure.js";

/**
 * Returns the error of a request that the configuration prevented. Returns `undefined` if the configuration is valid.
 * Options may be functions, and the SDK has an environment and a profile. So such errors show only at the first
 * request.
 */
export async function configurationError(
  client: S3Client,
  failure: S3Failure,
  { details }: DriverCall,
): Promise<StorageError | undefined> {
  const problem = await configurationProblem(client, failure);
  return problem === undefined
    ? undefined
    : new StorageError("CONFIG_INVALID", problem, { ...details, cause: failure });
}

async function configurationProblem({ config }: S3Client, failure: S3Failure): Promise<string | undefined> {
  if (await fails(config.region)) {
    return 'No region can be had. Write clientConfig: { region: "eu-central-1" }, or set AWS_REGION; servers other than AWS mostly take "us-east-1".';
  }
  if (failure.code === "ERR_INVALID_URL" || failure.name === "EndpointError" || (await fails(config.endpoint))) {
    return (await hasEndpoint(config.endpoint))
      ? `S3 can't be addressed by what the options say: ${failure.message.replace(/\.$/, "")}.`
      : `The endpoint (clientConfig.endpoint, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile) ${ENDPOINT_PROBLEM}.`;
  }
  for (const name of ["requestChecksumCalculation", "responseChecksumValidation"] as const) {
    if (await fails(config[name])) return `The option "${name}" of the client could not be read.`;
  }
  return undefined;
}

type Setting = (() => Promise<unknown>) | undefined;

async function fails(setting: Setting): Promise<boolean> {
  try {
    await setting?.();
    return false;
  } catch {
    return true;
  }
}

async function hasEndpoint(setting: Setting): Promise<boolean> {
  try {
    const endpoint = await setting?.();
    return endpoint !== undefined && isEndpoint(endpoint);
  } catch {
    return false;
  }
}
