// Files of VRTX that native code writes are read on workerd, and the other way round, in both profiles.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { start } from "./worker.mjs";

const NATIVE = process.env.TERRACE_VRTX_FILE;
if (!NATIVE) throw new Error("TERRACE_VRTX_FILE is not set; run `cargo xtask test`, or set it to the program vrtx_file of terrace-tests");

const worker = start("terrace-tests-object", { SUITES: "Conformance", LEDGERS: "Ledger" });
const folder = mkdtempSync(join(tmpdir(), "terrace-vrtx-"));
const file = join(folder, "file.vrtx");
after(async () => {
  await worker.dispose();
  rmSync(folder, { recursive: true });
});

const given = process.env.TERRACE_SEED;
const first = given ? BigInt(given) : BigInt(Date.now()) * 1_000n;
const count = given ? 1 : process.env.TERRACE_LONG ? 1_000 : 20;
const native = (verb, seed) => execFileSync(NATIVE, [verb, `${seed}`, file], { encoding: "utf8" });

test(`${count} files`, { timeout: 1_800_000 }, async () => {
  const url = await worker.ready;
  for (let seed = first; seed < first + BigInt(count); seed += 1n) {
    const failed = (what) => `TERRACE_SEED=${seed}: ${what}`;
    native("write", seed);
    const response = await fetch(new URL(`/vrtx/${seed}`, url), { method: "POST", body: readFileSync(file) });
    const answer = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200, failed(answer.toString()));
    writeFileSync(file, answer);
    assert.doesNotThrow(() => native("check", seed), failed("native code does not read what wasm has written"));
  }
});
