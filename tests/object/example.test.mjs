// The example's Worker, over HTTP and a WebSocket.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { start } from "./worker.mjs";

const worker = start("terrace-example-worker", { AIRPORTS: "Airport" });
after(() => worker.dispose());
const url = await worker.ready;

const ask = async (method, path, body) => {
  const response = await fetch(new URL(path, url), { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
};

const flight = (number, to, hour) => ({ number, to, departs: `2026-07-01T${hour}:00:00Z` });

test("a flight is created, read, changed and deleted", async () => {
  const created = await ask("POST", "/JFK/flights", flight("TC1", "LHR", "10"));
  assert.equal(created.status, 201);
  const { id } = created.body;
  assert.deepEqual(created.body, { id, ...flight("TC1", "LHR", "10"), status: "scheduled", delay: null, version: 0 });
  assert.deepEqual(await ask("GET", `/JFK/flights/${id}`), { status: 200, body: created.body });

  const changed = await ask("PATCH", `/JFK/flights/${id}`, { version: 0, status: "boarding", delay: 15 });
  assert.deepEqual(changed, { status: 200, body: { ...created.body, status: "boarding", delay: 15, version: 1 } });
  const stale = await ask("PATCH", `/JFK/flights/${id}`, { version: 0, status: "departed" });
  assert.equal(stale.status, 409);
  assert.match(stale.body.error, /is at version 1, not at 0/);

  assert.equal((await ask("DELETE", `/JFK/flights/${id}`)).status, 204);
  assert.equal((await ask("DELETE", `/JFK/flights/${id}`)).status, 404);
  assert.equal((await ask("GET", `/JFK/flights/${id}`)).status, 404);
});

test("every change is in the log, once", async () => {
  const { body: events } = await ask("GET", "/JFK/changes?since=0");
  assert.deepEqual(
    events.map((event) => [event.sequence, event.operation, event.collection]),
    [[1, "INSERT", "flight"], [2, "UPDATE", "flight"], [3, "DELETE", "flight"]],
  );
  assert.equal(events[1].after.status, "boarding");
  assert.deepEqual((await ask("GET", "/JFK/changes?since=3")).body, []);
  assert.equal((await ask("GET", "/JFK/changes?since=9")).status, 410);
});

test("flights are found by what they are, page by page", async () => {
  for (const [number, to, hour] of [["A", "LHR", "12"], ["B", "CDG", "11"], ["C", "LHR", "10"], ["D", "LHR", "13"]]) {
    assert.equal((await ask("POST", "/EWR/flights", flight(number, to, hour))).status, 201);
  }
  const first = await ask("GET", "/EWR/flights?to=LHR&limit=2");
  assert.deepEqual(first.body.flights.map((found) => found.number), ["C", "A"]);
  const second = await ask("GET", `/EWR/flights?to=LHR&limit=2&after=${first.body.after}`);
  assert.deepEqual([second.body.flights.map((found) => found.number), second.body.after], [["D"], null]);
  const late = await ask("GET", "/EWR/flights?from=2026-07-01T12:00:00Z&status=scheduled");
  assert.deepEqual(late.body.flights.map((found) => found.number), ["A", "D"]);
  assert.deepEqual((await ask("GET", "/LGA/flights")).body, { flights: [], after: null });
});

test("what cannot be is refused, and says why", async () => {
  for (const [method, path, body, status, problem] of [
    ["POST", "/JFK/flights", { number: "X" }, 400, /missing field `to`/],
    ["POST", "/JFK/flights", { ...flight("X", "Y", "10"), number: "X".repeat(2_000_001) }, 400, /too large/],
    ["GET", "/JFK/flights/nonsense", undefined, 400, /nonsense/],
    ["GET", "/JFK/flights?after=nonsense", undefined, 400, /cursor/],
    ["GET", "/JFK/flights?status=late", undefined, 400, /unknown variant `late`/],
    ["GET", "/JFK/live", undefined, 426, /WebSocket/],
    ["GET", "/JFK/nothing", undefined, 404, /no such thing/],
  ]) {
    const refused = await ask(method, path, body);
    assert.equal(refused.status, status, path);
    assert.match(refused.body.error, problem);
  }
  assert.equal((await ask("GET", "/somewhere")).status, 404);
});

test("who listens gets each change as it happens", async () => {
  const response = await worker.dispatchFetch(new URL("/SFO/live", url), { headers: { Upgrade: "websocket" } });
  assert.equal(response.status, 101);
  const socket = response.webSocket;
  socket.accept();
  const heard = async (change) => {
    const message = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
    await change();
    return JSON.parse((await message)[0].data);
  };
  const created = await heard(() => ask("POST", "/SFO/flights", flight("L1", "LAX", "10")));
  assert.deepEqual([created.sequence, created.operation, created.after.number], [1, "INSERT", "L1"]);
  const deleted = await heard(() => ask("DELETE", `/SFO/flights/${created.documentId}`));
  assert.deepEqual([deleted.sequence, deleted.operation], [2, "DELETE"]);

  // The object goes to sleep, and its listeners with it, until somebody says something.
  const sleeps = () => worker.unsafeEvictDurableObject("", "Airport", { name: "SFO", webSockets: "hibernate" });
  await sleeps();
  await assert.rejects(sleeps(), /it is not currently running/);
  socket.send("good morning");
  const after = await heard(() => ask("POST", "/SFO/flights", flight("L2", "LAX", "11")));
  assert.deepEqual([after.sequence, after.operation, after.after.number], [3, "INSERT", "L2"]);
  await sleeps();
  const woken = await heard(() => ask("DELETE", `/SFO/flights/${after.documentId}`));
  assert.deepEqual([woken.sequence, woken.operation], [4, "DELETE"]);
  socket.close();
});
