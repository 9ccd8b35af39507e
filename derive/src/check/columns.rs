//! Rules of single columns, and of all columns together.

use crate::{
    ast::{Collection, Column},
    attr::mark::{Kind, Mark},
    ctxt::Ctxt,
    names, types,
};

/// The most columns of a table in a Durable Object.
const MAX_COLUMNS: usize = 100;

pub(super) fn check(ctxt: &Ctxt, collection: &Collection) {
    count(ctxt, collection);
    for column in collection.columns.iter().chain(&collection.skipped) {
        conflicts(ctxt, column);
    }
    for column in &collection.columns {
        names::check_column(ctxt, &column.name);
        primitive(ctxt, collection, column);
        was(ctxt, collection, column);
    }
    same_name(ctxt, collection);
    one_version(ctxt, collection);
}

fn count(ctxt: &Ctxt, collection: &Collection) {
    let (ident, count) = (collection.ident(), collection.columns.len());
    if count == 0 && !collection.skipped.is_empty() {
        ctxt.error(ident, format!("collection `{ident}` has no columns"));
    }
    if count > MAX_COLUMNS {
        let note = format!("note: a Durable Object table holds at most {MAX_COLUMNS}");
        let help = "help: group some of them in a `#[json]` struct";
        ctxt.error(ident, format!("collection `{ident}` has {count} columns\n{note}\n{help}"));
    }
}

/// Attributes that exclude each other, the later one being the guilty one.
fn conflicts(ctxt: &Ctxt, column: &Column) {
    for (at, later) in column.marks.iter().enumerate() {
        let before = column.marks.iter().take(at);
        if let Some(earlier) = before.clone().find(|earlier| exclude(earlier, later)) {
            ctxt.error(&later.ident, format!("`{later}` cannot be combined with `{earlier}`"));
        }
    }
}

fn exclude(a: &Mark, b: &Mark) -> bool {
    let one_of = |one: Kind, others: &[Kind]| {
        (a.kind == one && others.contains(&b.kind)) || (b.kind == one && others.contains(&a.kind))
    };
    let skips = a.kind != b.kind && (a.kind == Kind::Skip || b.kind == Kind::Skip);
    skips
        || one_of(Kind::Json, &[Kind::Id, Kind::Index, Kind::Unique, Kind::Version])
        || one_of(Kind::Id, &[Kind::Version])
}

/// A primitive type that no column can have. A `#[json]` field may have it.
fn primitive(ctxt: &Ctxt, collection: &Collection, column: &Column) {
    let borrows = collection.input.generics.lifetimes().next().is_some();
    if column.has(Kind::Json) || borrows {
        return;
    }
    if let Some((guilty, message)) = types::complaint(column.written()) {
        ctxt.error(guilty, message);
    }
}

fn was(ctxt: &Ctxt, collection: &Collection, column: &Column) {
    for literal in &column.was {
        let name = literal.value();
        let taken = collection.columns.iter().any(|other| other.name.is(&name));
        if column.name.is(&name) {
            ctxt.error(literal, "a column cannot have been called what it is called now");
        } else if taken {
            ctxt.error(literal, format!("`{name}` is still a column of `{}`", collection.title()));
        } else if was_twice(collection, literal, &name) {
            ctxt.error(literal, format!("two columns were called `{name}`"));
        }
    }
}

/// Whether an earlier `#[was]` of the struct has the same name.
fn was_twice(collection: &Collection, literal: &syn::LitStr, name: &str) -> bool {
    let all = collection.columns.iter().flat_map(|column| &column.was);
    all.take_while(|other| !std::ptr::eq(*other, literal))
        .any(|other| other.value().eq_ignore_ascii_case(name))
}

fn same_name(ctxt: &Ctxt, collection: &Collection) {
    for (at, later) in collection.columns.iter().enumerate() {
        let earlier = collection.columns.iter().take(at).find(|earlier| earlier.name.is(&later.name.text));
        if let Some(earlier) = earlier {
            ctxt.error(&later.name, same_name_message(earlier, later));
        }
    }
}

fn same_name_message(earlier: &Column, later: &Column) -> String {
    let (first, second) = (&earlier.name.text, &later.name.text);
    let case = if first == second {
        String::new()
    } else {
        format!("\nnote: SQLite does not tell `{first}` from `{second}`")
    };
    format!("two columns are called `{second}`: `{}` and `{}`{case}", earlier.title(), later.title())
}

fn one_version(ctxt: &Ctxt, collection: &Collection) {
    let mut versions =
        collection.columns.iter().filter_map(|column| Some((column, column.mark(Kind::Version)?)));
    let Some((first, _)) = versions.next() else { return };
    for (column, mark) in versions {
        let (first, second) = (first.title(), column.title());
        let title = collection.title();
        ctxt.error(
            &mark.ident,
            format!("collection `{title}` has two version columns, `{first}` and `{second}`"),
        );
    }
}
