// What an object holds after its process was killed in the middle of writes, after a panic, and after SQLite has ended a
// transaction by itself.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { run, runInSmall } from "./running.mjs";

const KILLS = process.env.TERRACE_LONG ? 50 : 3;
// Where processes are found in /proc, and `unshare` gives a file system of one's own.
const skip = process.platform !== "linux";

const folder = mkdtempSync(join(tmpdir(), "terrace-"));
after(() => rmSync(folder, { recursive: true }));

test(`invariants 1 to 3 hold after ${KILLS} kills, and nothing acknowledged is lost`, { skip, timeout: 600_000 }, async () => {
  const acknowledged = [];
  let next = 0;
  const verify = async (check) => {
    const stored = new Set((await check("killed")).entries);
    for (const number of acknowledged) assert.ok(stored.has(number), `entry ${number} was acknowledged`);
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    await run(folder, async ({ ask, check, kill }) => {
      await verify(check);
      let alive = true;
      const write = async () => {
        while (alive) {
          const number = next++;
          try {
            await ask(`/ledger/killed/add/${number}`);
          } catch (error) {
            if (alive) throw error;
            return;
          }
          acknowledged.push(number);
        }
      };
      const writers = [write(), write(), write(), write()];
      await sleep(300 + Math.random() * 300);
      alive = false;
      await kill();
      await Promise.all(writers);
    });
  }
  assert.ok(acknowledged.length > KILLS, `${acknowledged.length} were acknowledged`);
  await run(folder, ({ check }) => verify(check));
});

test("a panic is a 500, rolls its transaction back, and the object stays usable", { skip }, async () => {
  await run(folder, async ({ request, ask, check }) => {
    await ask("/ledger/panicked/add/1");
    const waiting = request("/ledger/other/wait/1");
    while ((await check("other")).entries.length === 0);
    const panicked = await request("/ledger/panicked/panic/2");
    assert.deepEqual([panicked.status, panicked.text.includes("RuntimeError: unreachable")], [500, true]);
    assert.equal((await waiting).status, 500, "what the panic took with it is answered, too");
    await ask("/ledger/panicked/add/3");
    assert.deepEqual(await check("panicked"), { entries: [1, 3], restores: 0 });
  });
});

test("invariant 1: a transaction that SQLite has ended takes nothing more, and the object comes back", { skip }, async () => {
  await run(folder, async ({ request, ask, check }) => {
    await ask("/ledger/ended/add/1");
    assert.equal((await request("/ledger/ended/roll-back/13")).status, 500);
    const [disaster, ...rest] = JSON.parse(await ask("/ledger/ended/said"));
    assert.match(disaster, /^Constraint .*a disaster: SQLITE_CONSTRAINT \(extended: SQLITE_CONSTRAINT_TRIGGER\)/);
    assert.deepEqual(rest, ["RolledBack", "RolledBack", "RolledBack", "RolledBack", "nothing wrong"]);
    assert.deepEqual((await check("ended")).entries, [1, 16]);
    await ask("/ledger/ended/add/2");
    assert.deepEqual((await check("ended")).entries, [1, 2, 16]);
  });
});

test("a full disk is a typed error, and loses nothing", { skip }, async () => {
  await runInSmall(folder, 3, async ({ request, ask, check }) => {
    await ask("/ledger/filled/fill/1/2");
    assert.equal((await request("/ledger/filled/fill/3/100")).status, 500);
    const [first, ...rest] = JSON.parse(await ask("/ledger/filled/said"));
    assert.match(first, /^DiskFull .*database or disk is full: SQLITE_FULL/);
    assert.deepEqual(rest, ["RolledBack"]);
    assert.deepEqual((await check("filled")).entries, [1, 2]);

    // What fits into SQLite's cache meets the full disk after the last word of the object.
    const filled = [1, 2];
    let number = 3;
    while ((await request(`/ledger/filled/fill/${number}/1`)).status === 200) filled.push(number++);
    assert.deepEqual((await check("filled")).entries, filled);
  });
});
