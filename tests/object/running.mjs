// A process with the tests' Worker, for as long as a test uses it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const KILLABLE = fileURLToPath(new URL("killable.mjs", import.meta.url));

/** Starts the process, in which objects are stored in `folder`, and kills it when `use` has ended. */
export const run = async (folder, use, command = [process.execPath, KILLABLE, folder]) => {
  const child = spawn(command[0], command.slice(1), { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  try {
    const [url] = await once(child, "message");
    const request = async (path) => {
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) });
      return { status: response.status, text: await response.text() };
    };
    const ask = async (path) => {
      const { status, text } = await request(path);
      assert.equal(status, 200, text);
      return text;
    };
    const check = async (object) => JSON.parse(await ask(`/ledger/${object}/check`));
    const kill = async () => {
      const answer = once(child, "message");
      child.send("kill");
      assert.deepEqual((await answer)[0], { killed: 1 });
    };
    return await use({ request, ask, check, kill });
  } finally {
    if (child.exitCode === null && child.connected) {
      const ended = once(child, "exit");
      child.send("kill");
      await ended;
    }
  }
};

/** As `run`, where objects are stored in a file system of `megabytes`. */
export const runInSmall = (folder, megabytes, use) => {
  const mount = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`;
  return run(folder, use, ["unshare", "-rm", "sh", "-c", mount, folder, process.execPath, KILLABLE, folder]);
};
