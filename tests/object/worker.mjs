// Starts a Worker of the project on workerd, on this machine.
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { modules } from "./modules.mjs";

const FOLDER = process.env.TERRACE_WORKERS;
if (!FOLDER) throw new Error("TERRACE_WORKERS is not set; run `cargo xtask test`, or `cargo xtask wasm` and set it to the folder that it names");

/** The Worker of a package. `objects` names the class behind each binding, `persist` a folder for what they store. */
export const start = (name, objects, persist) => {
  const folder = join(FOLDER, name);
  return new Miniflare({
    modulesRoot: folder,
    modules: modules(folder),
    // As in the example's wrangler.toml: what wrangler has that is some months old.
    compatibilityDate: "2026-01-01",
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
    durableObjectsPersist: persist,
  });
};
