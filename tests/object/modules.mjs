// The modules of a Worker of the project, in the folder into which `cargo xtask wasm` put them.
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** As miniflare wants them: the entry first. */
export const modules = (folder) => {
  const files = readdirSync(folder, { recursive: true }).sort();
  const of = (end, type) =>
    files.filter((file) => file.endsWith(end)).map((file) => ({ type, path: join(folder, file) }));
  const code = of("js", "ESModule").sort((a, b) => b.path.endsWith("shim.mjs") - a.path.endsWith("shim.mjs"));
  return [...code, ...of(".wasm", "CompiledWasm")];
};
