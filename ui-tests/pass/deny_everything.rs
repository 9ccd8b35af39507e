//! A crate that allows nothing: what is generated is documented, used, and in order.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unused,
    unreachable_pub,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unsafe_code,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    let_underscore_drop,
    redundant_lifetimes,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    unit_bindings,
    unnameable_types,
    variant_size_differences,
    nonstandard_style,
    future_incompatible,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

/// A shop.
pub mod shop {
    use terrace::prelude::*;

    /// Where an order stands.
    #[derive(Embed, Clone, Copy, Debug)]
    pub enum Status {
        /// Not paid yet.
        Open,
    }

    /// Money.
    #[derive(Embed, Clone, Copy, Debug)]
    pub struct Cents(pub i64);

    /// An order.
    #[derive(Collection, Clone, Debug)]
    #[collection(index(status, total), partition(bucket(4, object)), cache = "60s")]
    pub struct Order {
        /// The id.
        #[id]
        pub id: Id<Self>,
        /// Where it stands.
        pub status: Status,
        /// The sum.
        #[column(fill = 0)]
        pub total: Cents,
        /// What was ordered.
        #[json]
        pub lines: Vec<String>,
        /// How often it changed.
        #[version]
        pub version: u32,
        /// What was remarked.
        #[was("note")]
        pub remark: Option<String>,
        /// Whether it differs from what is stored.
        #[skip]
        pub dirty: bool,
        undocumented: i64,
    }

    /// An order of nothing.
    #[must_use]
    pub fn order() -> Order {
        Order {
            id: Id::new(),
            status: Status::Open,
            total: Cents(5),
            lines: Vec::new(),
            version: 0,
            remark: None,
            dirty: false,
            undocumented: 0,
        }
    }
}

fn main() {
    println!("{:?}", shop::order());
}
