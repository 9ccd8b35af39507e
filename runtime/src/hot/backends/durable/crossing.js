// The JavaScript side of `crossing.rs`: values cross between Rust and SqlStorage many at once, not one by one.
//
// A value is two numbers, its kind and what it is: nothing for NULL, a number itself, of a text the number of its UTF-16
// units, of a blob that of its bytes. All texts together are one string, all blobs one array.
const [NULL, NUMBER, TEXT, BLOB] = [0, 1, 2, 3];

// How many characters and bytes cross at once, beyond which a batch takes no further row.
const FULL = 1 << 20;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// What the values of a batch are gathered in. It is copied into Rust before anything else is read.
let numbers = new Float64Array(1 << 10);
let bytes = new Uint8Array(1 << 12);

const room = (array, length) => {
  if (length <= array.length) return array;
  const larger = new array.constructor(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
};

export class Gate {
  constructor(sql, memory) {
    this.sql = sql;
    this.memory = memory;
    this.statements = [];
  }

  // Keeps a statement; gives its number.
  keep(statement) {
    return this.statements.push(statement) - 1;
  }

  forget() {
    this.statements = [];
  }

  // The parameters in Rust's memory: how many, and where they, their text and their blobs are. The blobs are only
  // valid until Rust goes on.
  parameters(count, values, text, textLength, blob) {
    if (this.bytes?.buffer !== this.memory.buffer) {
      this.numbers = new Float64Array(this.memory.buffer);
      this.bytes = new Uint8Array(this.memory.buffer);
    }
    const { numbers, bytes } = this;
    const string = textLength ? decoder.decode(bytes.subarray(text, text + textLength)) : "";
    const parameters = [];
    let character = 0;
    for (let at = values >> 3, end = at + 2 * count; at < end; at += 2) {
      const value = numbers[at + 1];
      switch (numbers[at]) {
        case NULL:
          parameters.push(null);
          break;
        case NUMBER:
          parameters.push(value);
          break;
        case TEXT:
          parameters.push(string.slice(character, (character += value)));
          break;
        case BLOB:
          parameters.push(bytes.subarray(blob, (blob += value)));
          break;
      }
    }
    return parameters;
  }

  // Runs a statement that gives no rows; says how many it wrote.
  execute(statement, count, values, text, textLength, blob) {
    const parameters = this.parameters(count, values, text, textLength, blob);
    return this.sql.exec(this.statements[statement], ...parameters).rowsWritten;
  }

  // Begins a statement that gives rows.
  query(statement, count, values, text, textLength, blob) {
    const parameters = this.parameters(count, values, text, textLength, blob);
    const owned = parameters.map((value) => (value instanceof Uint8Array ? value.slice() : value));
    return this.sql.exec(this.statements[statement], ...owned);
  }

  // Whether SQLite has a transaction open: inside of one it ignores that this setting is changed.
  inTransaction() {
    const setting = () => this.sql.exec("PRAGMA foreign_keys").one().foreign_keys;
    const before = setting();
    this.sql.exec(`PRAGMA foreign_keys = ${1 - before}`);
    if (setting() === before) return true;
    this.sql.exec(`PRAGMA foreign_keys = ${before}`);
    return false;
  }
}

// A short blob is copied faster byte by byte.
const SHORT = 64;

const copy = (blob, at) => {
  const from = new Uint8Array(blob);
  if (from.length > SHORT) {
    bytes.set(from, at);
  } else {
    for (let byte = 0; byte < from.length; byte += 1) bytes[at + byte] = from[byte];
  }
};

const digit = (code) => (code < 58 ? code - 48 : code - 55);

const unhex = (text, at) => {
  for (let byte = 0; 2 * byte < text.length; byte += 1) {
    bytes[at + byte] = (digit(text.charCodeAt(2 * byte)) << 4) | digit(text.charCodeAt(2 * byte + 1));
  }
};

// Up to `most` rows of a statement, packed. Where `blobs` is set, a text is a blob in the digits of `hex`.
export const take = (rows, most, blobs) => {
  let [count, ended, at, characters, byte] = [0, false, 0, 0, 0];
  const texts = [];
  while (count < most && characters + byte < FULL) {
    const { done, value: row } = rows.next();
    if (done) {
      ended = true;
      break;
    }
    count += 1;
    numbers = room(numbers, at + 2 * row.length);
    for (let column = 0; column < row.length; column += 1, at += 2) {
      const value = row[column];
      if (typeof value === "number") {
        numbers[at] = NUMBER;
        numbers[at + 1] = value;
      } else if (typeof value === "string" && blobs[column]) {
        const length = value.length / 2;
        numbers[at] = BLOB;
        numbers[at + 1] = length;
        bytes = room(bytes, byte + length);
        unhex(value, byte);
        byte += length;
      } else if (typeof value === "string") {
        numbers[at] = TEXT;
        numbers[at + 1] = value.length;
        characters += value.length;
        texts.push(value);
      } else if (value === null) {
        numbers[at] = NULL;
      } else {
        numbers[at] = BLOB;
        numbers[at + 1] = value.byteLength;
        bytes = room(bytes, byte + value.byteLength);
        copy(value, byte);
        byte += value.byteLength;
      }
    }
  }
  return { count, ended, values: numbers.subarray(0, at), text: texts.join(""), blob: bytes.subarray(0, byte) };
};

// Reads the rest, and forgets it.
export const finish = (rows) => {
  while (!rows.next().done);
};
