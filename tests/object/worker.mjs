// Starts a Worker of the project on workerd, on this machine.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const FOLDER = process.env.TERRACE_WORKERS;
if (!FOLDER) throw new Error("TERRACE_WORKERS is not set; run `cargo xtask test`, or `cargo xtask wasm` and set it to the folder that it names");

const modules = (folder) => {
  const files = readdirSync(folder, { recursive: true }).sort();
  const of = (end, type) =>
    files.filter((file) => file.endsWith(end)).map((file) => ({ type, path: join(folder, file) }));
  const code = of("js", "ESModule").sort((a, b) => b.path.endsWith("shim.mjs") - a.path.endsWith("shim.mjs"));
  return [...code, ...of(".wasm", "CompiledWasm")];
};

/** The Worker of a package. `objects` names the class behind each binding, `persist` a folder for what they store. */
export const start = (name, objects, persist) => {
  const folder = join(FOLDER, name);
  return new Miniflare({
    modulesRoot: folder,
    modules: modules(folder),
    compatibilityDate: "2026-07-01",
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
    durableObjectsPersist: persist,
  });
};
