//! Apache Avro as far as manifests need it: container files whose records are known by the ids of their fields.
//!
//! Source: Apache Avro 1.11 specification; Iceberg, Appendix A, "Avro". Knows the module `bytes`. Keeps invariant 8: a schema
//! has no cycles, nothing is allocated by a number that bytes merely claim, and a block has a greatest size.

mod decode;
mod encode;
mod file;
mod node;
mod value;

pub(super) use file::{Container, write};
pub(super) use node::Node;
pub(super) use value::{Record, Value};
