// The objects that people write without terrace: by hand, by hand with an outbox, and with Drizzle.
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { customType, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { CHECK, digest } from "./work.mjs";

const DDL = `CREATE TABLE IF NOT EXISTS "sale" ("id" BLOB NOT NULL, "customer" INTEGER NOT NULL, "status" TEXT NOT NULL,
  "total" INTEGER NOT NULL, "weight" REAL NOT NULL, "remark" TEXT, "email" TEXT NOT NULL, "placed" INTEGER NOT NULL,
  PRIMARY KEY ("id")) STRICT, WITHOUT ROWID`;
const DDL_OUTBOX = `CREATE TABLE IF NOT EXISTS "outbox" ("id" INTEGER PRIMARY KEY, "payload" TEXT NOT NULL) STRICT`;
const INSERT = `INSERT INTO sale (id, customer, status, total, weight, remark, email, placed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_OUTBOX = "INSERT INTO outbox (payload) VALUES (?)";

// A document that this peer keeps: its id as bytes.
const bytes = (uuid) => Uint8Array.from(uuid.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));

class Peer extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(DDL);
    this.sql.exec(DDL_OUTBOX);
  }

  // Does the work of its last word over the documents, and answers how long it took, with what is stored afterwards.
  async fetch(request) {
    const work = new URL(request.url).pathname.split("/").at(-1);
    const { sales, batch, times } = await request.json();
    const documents = sales.map((sale) => ({ ...sale, id: bytes(sale.uuid) }));
    const before = performance.now();
    let read;
    for (let time = 0; time < times; time += 1) read = this[work](documents, batch);
    const milliseconds = performance.now() - before;
    const [stored] = this.sql.exec(CHECK).toArray();
    return Response.json({ milliseconds, stored, read: read && digest(read) });
  }

  insert({ id, customer, status, total, weight, remark, email, placed }) {
    this.sql.exec(INSERT, id, customer, status, total, weight, remark, email, placed);
  }

  fill(sales) {
    for (const sale of sales) this.insert(sale);
  }
}

export class Plain extends Peer {
  insert_one(sales) {
    for (const sale of sales) this.insert(sale);
  }

  insert_all(sales) {
    for (const sale of sales) this.insert(sale);
  }

  read() {
    return this.sql.exec("SELECT * FROM sale").toArray();
  }
}

export class Outbox extends Peer {
  insert_one(sales) {
    for (const sale of sales) {
      this.ctx.storage.transactionSync(() => {
        this.insert(sale);
        const event = { operation: "INSERT", id: sale.uuid, after: { ...sale, id: sale.uuid, uuid: undefined } };
        this.sql.exec(INSERT_OUTBOX, JSON.stringify(event));
      });
    }
  }
}

const blob = customType({ dataType: () => "blob" });

const sale = sqliteTable("sale", {
  id: blob("id").primaryKey(),
  customer: integer("customer").notNull(),
  status: text("status").notNull(),
  total: integer("total").notNull(),
  weight: real("weight").notNull(),
  remark: text("remark"),
  email: text("email").notNull(),
  placed: integer("placed").notNull(),
});

// How many documents a statement of 100 parameters takes.
const ROWS = 12;

export class Drizzle extends Peer {
  constructor(state, env) {
    super(state, env);
    this.db = drizzle(state.storage);
  }

  insert_all(sales, batch) {
    for (let first = 0; first < sales.length; first += batch) {
      this.db.transaction((db) => {
        const end = Math.min(first + batch, sales.length);
        for (let at = first; at < end; at += ROWS) {
          db.insert(sale).values(sales.slice(at, Math.min(at + ROWS, end))).run();
        }
      });
    }
  }

  read() {
    return this.db.select().from(sale).all();
  }
}

// Gives a request to the object that it names: `/BINDING/OBJECT/WORK`.
export default {
  fetch(request, env) {
    const [, binding, object] = new URL(request.url).pathname.split("/");
    return env[binding].getByName(object).fetch(request);
  },
};
