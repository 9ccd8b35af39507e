//! The derive macros of terrace: [`macro@Collection`] and [`macro@Embed`]. Use them through the crate `terrace`.
//!
//! Tokens become a syn tree, the tree becomes `ast`, `check` reports what is wrong with it, and `expand` prints the
//! impl. On a mistake `fallback` prints one too, so that one mistake gives one error.

mod ast;
mod attr;
mod check;
mod ctxt;
mod embed;
mod expand;
mod fallback;
mod names;
mod option;
mod resolve;
mod shape;
mod spelling;
#[cfg(test)]
mod tests;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a collection: a table with one row a document and one column a field.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use terrace::prelude::*;
///
/// /// An order of a customer.
/// #[derive(Collection, Clone, Debug, PartialEq)]
/// #[collection(index(status, placed), partition(bucket(16, object), day(placed)), cache = "60s")]
/// struct Order {
///     #[id]
///     id: Id<Order>,
///     /// Where the order stands.
///     status: Status,
///     total: i64,
///     #[json]
///     lines: Vec<Line>,
///     placed: Timestamp,
///     #[version]
///     version: u32,
///     #[was("note")]
///     remark: Option<String>,
/// }
///
/// #[derive(Embed, Clone, Copy, Debug, PartialEq)]
/// enum Status { Open, Paid }
///
/// #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
/// struct Line { sku: String, count: u32 }
///
/// let db = Db::open_in_memory(collections![Order])?;
/// let lines = vec![Line { sku: "apple".into(), count: 2 }];
/// let order = Order {
///     id: Id::new(), status: Status::Open, total: 400, lines, placed: Timestamp::now(), version: 0, remark: None,
/// };
/// db.insert(&order)?;
/// let paid = db.update(order.id, |order| order.status = Status::Paid)?;
/// assert_eq!(db.find::<Order>(|order| order.status.eq(Status::Paid)).all()?, [paid]);
/// # Ok::<(), StorageError>(())
/// ```
///
/// Beside `impl Collection for Order` the derive makes `OrderColumns`, a struct with the column handles that the
/// closures of `find` and `order_by` get. It is as visible as the struct and has the documentation of its fields. To
/// the struct itself nothing is added.
///
/// A field's type decides what its column holds, and `Option` whether it may be `NULL`; aliases work. The types are
/// those of `terrace::Column`: `bool`, integers up to 64 bits, `f32`, `f64`, `String`, `Vec<u8>`, `[u8; N]`,
/// `Timestamp`, `Date`, `Decimal`, `Uuid`, `Id`, and what derives [`macro@Embed`].
///
/// # Attributes of a field
///
/// ## `#[id]`
///
/// The field by which a document is found. Every collection has exactly one id. It cannot be an `Option`, a float, a
/// `bool` or JSON.
///
/// ## `#[index]`, `#[unique]`
///
/// An index over the column; `#[unique]` also keeps two documents from being equal in it. Floats cannot be unique.
///
/// ## `#[json]`
///
/// Any type of serde, in one text column. It can be tested for `NULL` if it is an `Option`, and not compared. Prefer
/// `BTreeMap` to `HashMap`: a map in another order is another text, so an update writes it again.
///
/// ## `#[version]`
///
/// A `u32`, `i32` or `i64` that every change of the document counts up. A write on the base of an older version fails.
///
/// ## `#[skip]`
///
/// The field has no column. Reading fills it with its `Default`.
///
/// ## `#[was("old_name")]`
///
/// The column was called so before: a database of that time is migrated by renaming. It takes several names, and may
/// be repeated.
///
/// ## `#[column(…)]`
///
/// * `name = "…"`: the column's name, if it is not the field's.
/// * `mask`: outputs of the change log hide the value.
/// * `fill = …`: what rows hold that are older than the column: a string for text, enums (the label) and JSON; a number
///   with a point for floats; an integer for integers, dates (days), timestamps (microseconds) and decimals (all digits
///   without the point); `true` or `false`. A new column that is no `Option` needs one.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct User {
///     #[id]
///     id: Id<User>,
///     #[unique]
///     #[was("email")]
///     mail: String,
///     #[column(name = "pass", mask)]
///     password: String,
///     #[column(fill = "en")]
///     language: String,
///     #[json]
///     settings: Option<Vec<String>>,
///     #[skip]
///     changed: bool,
/// }
/// assert_eq!(User::SCHEMA.columns.len(), 5);
/// ```
///
/// # Attributes of the struct: `#[collection(…)]`
///
/// * `name = "orders"`: the name of the collection and its table. Without it, the struct's in snake case:
///   `OrderLine` is `order_line`.
/// * `id(tenant, number)`: an id of several columns, in place of `#[id]`. Its value is a tuple.
/// * `index(status, placed)`, `unique(tenant, mail)`: an index over several columns. With a condition in SQL it holds
///   only the rows for which that is true: `unique(mail, where = "deleted = 0")`. Both may be repeated. (When two
///   indexes share a column, clippy takes it for a slip: `#[allow(clippy::duplicated_attributes)]` on the struct.)
/// * `partition(…)`: how the lake lays the collection out, by Iceberg's transforms: `identity(column)`, `year(column)`,
///   `month(column)`, `day(column)`, `hour(column)`, `bucket(16, column)`, `truncate(8, column)`. `object` in the place
///   of a column is the id of the object that a row lives in; a field of that name is written `r#object`.
/// * `sort(status, -placed)`: in which order the lake keeps the collection's rows in each file, `-` for the greatest first;
///   `NULL` is less than all else. `object` stands for the object's id here too. Without it they are in the order of the object
///   and the id.
/// * `merge_on_read`: compaction of the lake writes down which rows of a file are gone (Iceberg's position deletes), instead of
///   writing the file anew: less is written, and readers have more to do. For tables of much change.
/// * `cache = "60s"`: how long a cache may serve a document; a number and one of `s`, `m`, `h`, `d`, `w`, `y`.
/// * `capture = "full"`: what a change event holds: `"full"` the document before and after, `"after"` only the one
///   after, `"keys"` only the id.
/// * `columnar(threshold = 1000)`: how many documents stay rows when `Db::maintain` moves the others into columns;
///   `columnar(never)` keeps all of them rows. Without it, 1,000.
/// * `snapshot(every = "1d", keep = 30)`: `Db::maintain` takes a snapshot of the object when the last one is that old, and keeps
///   so many of those that it took. Of several collections that say so, the shortest time and the greatest number count.
/// * `crate = ::path`: where the crate `terrace` is, if it is not `::terrace`.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// #[collection(
///     name = "bills",
///     id(tenant, number),
///     unique(code, where = "paid = 0"),
///     partition(bucket(16, object), month(sent)),
///     sort(tenant, -sent),
///     capture = "after"
/// )]
/// struct Invoice {
///     tenant: String,
///     number: i64,
///     code: String,
///     paid: bool,
///     sent: Date,
/// }
/// # let db = Db::open_in_memory(collections![Invoice])?;
/// assert!(db.get::<Invoice>(("acme".to_owned(), 5))?.is_none());
/// # Ok::<(), StorageError>(())
/// ```
///
/// # Names
///
/// Names are always quoted in SQL, so every word can be one. They are made of letters, digits and `_`, and differ not
/// only in the case of their letters. `rowid`, `oid`, names that begin with `sqlite_`, `_cf_` or `_terrace_`, and the
/// columns that Iceberg and the lake add to a table are taken.
#[proc_macro_derive(Collection, attributes(collection, column, id, index, unique, json, version, was, skip))]
pub fn collection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::collection(&input).into()
}

/// Makes a type of your own the type of a column.
///
/// An enum without data is stored as text: the variant's name in snake case, or the one that `#[column(name = "…")]`
/// gives. A new variant may come at any place; a variant that stored rows hold may not go.
///
/// A struct around one column type is stored as that, and can be an id, indexed or compared as it can.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Embed, Clone, Copy, Debug, PartialEq)]
/// enum Status {
///     Open,
///     #[column(name = "sent")]
///     InTransit,
/// }
///
/// #[derive(Embed, Clone, Copy, Debug, PartialEq)]
/// struct Cents(i64);
///
/// #[derive(Collection)]
/// struct Parcel {
///     #[id]
///     id: Id<Parcel>,
///     status: Status,
///     cost: Option<Cents>,
/// }
/// # let db = Db::open_in_memory(collections![Parcel])?;
/// let dear = db.find::<Parcel>(|parcel| parcel.status.eq(Status::InTransit).and(parcel.cost.gt(Cents(500)))).count()?;
/// assert_eq!(dear, 0);
/// # Ok::<(), StorageError>(())
/// ```
///
/// `#[embed(crate = ::path)]` says where the crate `terrace` is, if it is not `::terrace`.
#[proc_macro_derive(Embed, attributes(embed, column))]
pub fn embed(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    embed::derive(&input).into()
}
