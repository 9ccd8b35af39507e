// Two versions of the code in turn on the same stored object.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { start } from "./worker.mjs";

const folder = mkdtempSync(join(tmpdir(), "terrace-"));
after(() => rmSync(folder, { recursive: true }));

const deployed = async (version, use) => {
  const worker = start(`version_${version}`, { SHOPS: "Shop" }, folder);
  try {
    const url = await worker.ready;
    await use(async (path) => {
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) });
      const text = await response.text();
      return response.ok ? JSON.parse(text) : { status: response.status, text };
    });
  } finally {
    await worker.dispose();
  }
};

const migrated = [
  'Order { id: 1, total: 10, remark: None, channel: "online" }',
  'Order { id: 2, total: 0, remark: None, channel: "online" }',
  'Order { id: 3, total: 30, remark: Some("note 3"), channel: "online" }',
];
const added = [...migrated, 'Order { id: 4, total: 9223372036854775803, remark: None, channel: "shop" }'];
const paid = ['Order { id: 1, total: 0, remark: None, channel: "online" }', ...added.slice(1)];

test("newer code migrates what older code wrote, older code is kept out, and nothing is lost", async () => {
  await deployed(1, async (ask) => {
    for (const id of [1, 2, 3]) await ask(`/add/${id}`);
    assert.deepEqual(await ask("/pay/2"), [
      "Order { id: 1, total: 10, note: None, lines: 1 }",
      "Order { id: 2, total: 0, note: None, lines: 2 }",
      'Order { id: 3, total: 30, note: Some("note 3"), lines: 3 }',
    ]);
  });
  await deployed(2, async (ask) => {
    assert.deepEqual(await ask("/orders"), migrated, "invariant 3, over a migration");
    assert.deepEqual(await ask("/add/4"), added);
  });
  await deployed(1, async (ask) => {
    for (const path of ["/orders", "/add/5"]) {
      const refused = await ask(path);
      assert.equal(refused.status, 503);
      assert.match(refused.text, /^NewerSchema \{ stored: 2, known: 1 \}: hot tier, open of `order`: the database is at schema 2/);
    }
  });
  await deployed(2, async (ask) => {
    assert.deepEqual(await ask("/orders"), added);
    assert.deepEqual(await ask("/pay/1"), paid);
    assert.deepEqual(await ask("/replay"), paid, "invariant 3, over a migration");
  });
});
