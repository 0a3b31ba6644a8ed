// A reporter of jest that tells of each failure as it happens, one line of JSON each: see run-mutant.ts.
import process from "node:process";

function tell(news) {
  process.stdout.write(`\n@@${JSON.stringify(news)}\n`);
}

export default class FirstFailureReporter {
  onTestCaseResult(_test, { status, fullName, failureMessages }) {
    if (status === "failed") tell({ failed: fullName, message: failureMessages[0] ?? "" });
  }

  onTestResult(test, { testExecError, failureMessage, numFailingTests }) {
    // No test failed, but the file: it could not be loaded.
    if (testExecError !== undefined || (failureMessage && numFailingTests === 0)) {
      tell({ broken: test.path, message: failureMessage ?? String(testExecError?.message) });
    }
  }
}
