// What an object holds after its process was killed in the middle of writes, and after a panic.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const KILLS = process.env.TERRACE_LONG ? 50 : 3;
// Where processes are found in /proc.
const skip = process.platform !== "linux";

const folder = mkdtempSync(join(tmpdir(), "terrace-"));
after(() => rmSync(folder, { recursive: true }));

const run = async (use) => {
  const child = fork(new URL("killable.mjs", import.meta.url), [folder]);
  try {
    const [url] = await once(child, "message");
    const ask = async (path, milliseconds = 20_000) => {
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(milliseconds) });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      return text;
    };
    const kill = async () => {
      const answer = once(child, "message");
      child.send("kill");
      assert.deepEqual((await answer)[0], { killed: 1 });
    };
    return await use(ask, kill);
  } finally {
    if (child.exitCode === null && child.connected) {
      const ended = once(child, "exit");
      child.send("kill");
      await ended;
    }
  }
};

test(`invariants 1 to 3 hold after ${KILLS} kills, and nothing acknowledged is lost`, { skip, timeout: 600_000 }, async () => {
  const acknowledged = [];
  let next = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await run(async (ask, kill) => {
      const stored = new Set(JSON.parse(await ask("/ledger/killed/check")));
      for (const number of acknowledged) assert.ok(stored.has(number), `entry ${number} was acknowledged`);
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
  await run(async (ask) => {
    const stored = new Set(JSON.parse(await ask("/ledger/killed/check")));
    for (const number of acknowledged) assert.ok(stored.has(number), `entry ${number} was acknowledged`);
  });
});

test("a panic rolls its transaction back, and the object stays usable", { skip }, async () => {
  await run(async (ask) => {
    await ask("/ledger/panicked/add/1");
    await assert.rejects(ask("/ledger/panicked/panic/2", 5_000));
    await ask("/ledger/panicked/add/3");
    assert.deepEqual(JSON.parse(await ask("/ledger/panicked/check")), [1, 3]);
  });
});
