// The entry of a Worker: the handlers and Durable Objects of Rust code that wasm-bindgen has put into `index.js`.
//
// A panic ends the instance of the module, and with it whatever that instance was working on: all of it is refused, since
// nobody would answer it any more. The next call into Rust meets a new instance, in which no object exists yet. So the
// objects are behind proxies, which make theirs anew.
import { WorkerEntrypoint } from "cloudflare:workers";
import * as rust from "./index.js";

/** How each call is refused that Rust has not answered yet. */
const waiting = new Set();

addEventListener("error", ({ error }) => {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  for (const refuse of waiting) refuse(error);
});

const answered = (answer) => {
  if (!(answer instanceof Promise)) return answer;
  const { promise: refused, reject } = Promise.withResolvers();
  waiting.add(reject);
  return Promise.race([answer, refused]).finally(() => waiting.delete(reject));
};

export default class extends WorkerEntrypoint {
  fetch(request) {
    return answered(rust.fetch.call(this, request, this.env, this.ctx));
  }
}

const instance = () => rust.__worker_init_state().instanceId;

const renewed = (Class, args) => {
  let object = new Class(...args);
  let made = instance();
  return new Proxy(object, {
    get(_, name) {
      if (instance() !== made) {
        object = new Class(...args);
        made = instance();
      }
      const property = Reflect.get(object, name);
      if (typeof property !== "function") return property;
      // `this` is the proxy: a method reads the address of its object through it.
      return function (...args) {
        return answered(property.apply(this, args));
      };
    },
  });
};

const object = (Class) => new Proxy(Class, { construct: (_, args) => renewed(Class, args) });

