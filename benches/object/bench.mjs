// Runs terrace and its peers in turn on one workerd, round by round, and says how they compare.
//
// `cargo xtask bench object [--rounds N] [--seed N]`
//
// Each job is a request to a new object, which times the work itself: a request costs far more than what is measured.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { modules } from "../../tests/object/modules.mjs";
import { CHECK } from "./work.mjs";

const FOLDER = process.env.TERRACE_WORKERS;
const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" }, seed: { type: "string", default: "1" } } });
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];

// Per workload: the documents, how many a transaction, how many times, and who does it.
const WORKLOADS = {
  insert_one: { documents: 10_000, batch: 1, times: 1, peers: ["TERRACE", "PLAIN", "OUTBOX"] },
  insert_all: { documents: 10_000, batch: 1_000, times: 1, peers: ["TERRACE", "PLAIN", "DRIZZLE"] },
  read: { documents: 10_000, batch: 1_000, times: 5, peers: ["TERRACE", "PLAIN", "DRIZZLE"] },
};

// Ours over a peer, and the bound.
const RATIOS = [
  ["object_insert_one", "insert_one", "PLAIN", 3.0],
  ["object_insert_one_outbox", "insert_one", "OUTBOX", 1.0],
  ["object_insert_all", "insert_all", "PLAIN", 1.0],
  ["object_vs_drizzle_insert_all", "insert_all", "DRIZZLE", 1.0],
  ["object_vs_drizzle_read", "read", "DRIZZLE", 1.0],
  ["object_read_10000", "read", "PLAIN", 1.5],
];

// SplitMix32, so that a seed determines the documents.
const random = (state) => () => {
  state = (state + 0x9e3779b9) | 0;
  let z = state ^ (state >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
};

// Documents in the order of their ids, as they are when an application makes them one after the other.
const documents = (count) => {
  const next = random(seed);
  const hex = (digits) => Array.from({ length: digits }, () => (next() % 16).toString(16)).join("");
  return Array.from({ length: count }, (_, at) => {
    const placed = 1_704_067_200_000_000 + 1_234_567 * at;
    const time = Math.floor(placed / 1_000).toString(16).padStart(12, "0");
    return {
      uuid: `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
      customer: 1_000 + (next() % 200),
      status: ["open", "paid", "shipped"][next() % 3],
      total: next() % 500_000,
      weight: next() / 65_536,
      remark: next() % 2 ? null : `leave it at door ${String(next() % 1_000).padStart(3, "0")}`,
      email: `customer${String(next() % 100_000_000).padStart(8, "0")}@mail.test`,
      placed,
    };
  });
};

const start = async () => {
  const terrace = join(FOLDER, "terrace-bench-object");
  const peers = await build({
    entryPoints: [join(import.meta.dirname, "peers.mjs")], bundle: true, write: false, format: "esm", external: ["cloudflare:workers"],
  });
  const object = (className, scriptName) => ({ className, scriptName, useSQLite: true });
  const compatibilityDate = "2026-07-01";
  return new Miniflare({
    workers: [
      {
        name: "peers",
        compatibilityDate,
        modules: [{ type: "ESModule", path: "peers.mjs", contents: peers.outputFiles[0].text }],
        durableObjects: {
          PLAIN: object("Plain"), OUTBOX: object("Outbox"), DRIZZLE: object("Drizzle"), TERRACE: object("Terrace", "terrace"),
        },
      },
      { name: "terrace", compatibilityDate, modulesRoot: terrace, modules: modules(terrace), durableObjects: { SELF: object("Terrace") } },
    ],
  });
};

const miniflare = await start();
const url = await miniflare.ready;
let objects = 0;

const ask = async (peer, object, work, body) => {
  const response = await fetch(new URL(`/${peer}/${object}/${work}`, url), { method: "POST", body: JSON.stringify({ ...body, check: CHECK }) });
  const text = await response.text();
  assert.equal(response.status, 200, `${peer} ${work}: ${text}`);
  return JSON.parse(text);
};

const times = {};
const runWorkload = async (work, { documents: count, batch, times: repeat, peers }, round) => {
  const sales = documents(count);
  let first;
  for (let turn = 0; turn < peers.length; turn += 1) {
    const peer = peers[(turn + round) % peers.length];
    const object = `object${(objects += 1)}`;
    if (work === "read") await ask(peer, object, "fill", { sales, batch, times: 1 });
    const { milliseconds, stored, read } = await ask(peer, object, work, { sales: work === "read" ? [] : sales, batch, times: repeat });
    first ??= { stored, read };
    assert.deepEqual({ stored, read: read ?? undefined }, { stored: first.stored, read: first.read ?? undefined }, `${peer} ${work} did something else`);
    // The first round is there to warm up.
    if (round > 0) ((times[work] ??= {})[peer] ??= []).push(milliseconds);
  }
};

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

// Of each round by itself, since a machine is faster in one round than in another.
const ratio = (ours, theirs) => median(ours.map((time, round) => time / theirs[round]));

for (let round = 0; round <= rounds; round += 1) {
  console.error(round ? `round ${round} of ${rounds}` : "warming up");
  for (const [work, workload] of Object.entries(WORKLOADS)) await runWorkload(work, workload, round);
}

const sales = documents(5_000);
const { rows: one } = await ask("TERRACE", "rows_one", "rows_written", { sales, batch: 1, times: 1 });
const { rows: bulk } = await ask("TERRACE", "rows_bulk", "rows_written", { sales, batch: 1_000, times: 1 });
await miniflare.dispose();

console.log(`\n${"workload".padEnd(12)} ${"peer".padEnd(8)} ${"µs/document".padStart(12)} ${"min".padStart(8)} ${"max".padStart(8)}`);
for (const [work, { documents: count, times: repeat }] of Object.entries(WORKLOADS)) {
  for (const [peer, measured] of Object.entries(times[work])) {
    const micros = (milliseconds) => ((milliseconds * 1_000) / count / repeat).toFixed(2).padStart(8);
    console.log(`${work.padEnd(12)} ${peer.toLowerCase().padEnd(8)}     ${micros(median(measured))} ${micros(Math.min(...measured))} ${micros(Math.max(...measured))}`);
  }
}

const wasm = readFileSync(join(FOLDER, "terrace-example-worker", "index_bg.wasm"));
const ratios = [
  ...RATIOS.map(([name, work, peer, bound]) => [name, ratio(times[work].TERRACE, times[work][peer]), bound]),
  ["object_rows_written_one", one, 2.05],
  ["object_rows_written_bulk", bulk, 1.1],
  ["wasm_gzip_kb", gzipSync(wasm, { level: 9 }).length / 1_000, 450],
];
const missed = ratios.filter(([, value, bound]) => value > bound);
console.log(`\n${ratios.length - missed.length} of ${ratios.length} within their bounds`);
for (const [name, value, bound] of missed) console.log(`above its bound: ${name} ${value.toFixed(3)}, at most ${bound}`);
console.log();
for (const [name, value] of ratios) console.log(`ratio ${name} ${value.toFixed(3)}`);
