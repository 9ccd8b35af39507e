// Bookmarks of the platform, as far as workerd gives them on this machine, and what follows from going back to one.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { start } from "./worker.mjs";

const worker = start("terrace-tests-object", { SUITES: "Conformance", LEDGERS: "Ledger" });
after(() => worker.dispose());
const url = await worker.ready;
const request = (path) => fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) });
const ask = async (path) => {
  const response = await request(path);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
};

test("the database is marked while a bookmark is taken; what the platform refuses is a typed error", async () => {
  const told = JSON.parse(await ask("/ledger/bookmarked/bookmarks"));
  const refused =
    "hot tier, bookmark: the platform refuses the bookmark: This Durable Object's storage back-end does not implement point-in-time recovery.";
  assert.deepEqual(told, { sorted: true, "marked meanwhile": 1, marked: 0, refusals: [refused, refused, refused] });
  await ask("/ledger/bookmarked/add/1");
  assert.deepEqual(JSON.parse(await ask("/ledger/bookmarked/check")), { entries: [1], restores: 0 });
});

test("invariant 6: a database that was taken back to a bookmark begins a new lineage, once", async () => {
  const check = async () => JSON.parse(await ask("/ledger/rewound/check"));
  const restart = async () => assert.equal((await request("/ledger/rewound/restart")).status, 500);
  await ask("/ledger/rewound/add/1");
  await restart();
  assert.deepEqual(await check(), { entries: [1], restores: 0 });
  await ask("/ledger/rewound/mark");
  for (let session = 0; session < 2; session += 1) {
    await restart();
    assert.deepEqual(await check(), { entries: [1], restores: 1 });
  }
  await ask("/ledger/rewound/add/2");
  assert.deepEqual(await check(), { entries: [1, 2], restores: 1 });
});
