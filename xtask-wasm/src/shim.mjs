// The entry of a Worker: the handlers and Durable Objects of Rust code that wasm-bindgen has put into `index.js`.
//
// After a panic the next call into Rust meets a new instance of the module, in which no object exists yet. So the objects
// are behind proxies, which make theirs anew.
import { WorkerEntrypoint } from "cloudflare:workers";
import * as rust from "./index.js";

export default class extends WorkerEntrypoint {
  fetch(request) {
    return rust.fetch.call(this, request, this.env, this.ctx);
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
      // Not bound: a method reads the address of its object through this proxy.
      return Reflect.get(object, name);
    },
  });
};

const object = (Class) => new Proxy(Class, { construct: (_, args) => renewed(Class, args) });

