// A process with the tests' Worker, which kills its workerd when it is told to.
//
// `node killable.mjs FOLDER` sends the address; any message from the parent is the order to kill.
import { readdirSync, readFileSync } from "node:fs";
import { start } from "./worker.mjs";

const worker = start("terrace-tests-object", { SUITES: "Conformance", LEDGERS: "Ledger" }, process.argv[2]);
process.send((await worker.ready).href);

const children = () =>
  readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );

process.once("message", () => {
  const workerds = children().filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"));
  for (const pid of workerds) process.kill(pid, "SIGKILL");
  process.send({ killed: workerds.length });
  process.exit();
});
