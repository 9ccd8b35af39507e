// The conformance suite inside of a Durable Object on workerd, case by case.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { start } from "./worker.mjs";

const worker = start("terrace-tests-object", { SUITES: "Conformance", LEDGERS: "Ledger" });
after(() => worker.dispose());

const url = await worker.ready;
const ask = async (path) => {
  // After a panic there is no answer.
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(30_000) });
  return { status: response.status, text: await response.text() };
};

const cases = (await ask("/cases")).text.split("\n");
assert.ok(cases.length > 1, cases[0]);
for (const name of cases) {
  test(name, async () => assert.deepEqual(await ask(`/run/${name}`), { status: 200, text: "passed" }));
}
