// Keywords are names too: columns and labels have them without `r#`, and SQL quotes them always.
use terrace::prelude::*;

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
#[allow(non_camel_case_types)]
enum Kind {
    r#fn,
    Match,
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    name = "select",
    id(r#type, order),
    index(group, r#where),
    partition(identity(r#object)),
    sort(-r#type, -r#object)
)]
struct r#Select {
    r#type: i64,
    order: String,
    group: i64,
    r#where: bool,
    object: i64,
    r#match: Kind,
}

fn main() {
    let names: Vec<&str> = Select::SCHEMA.columns.iter().map(|column| column.name).collect();
    assert_eq!(names, ["type", "order", "group", "where", "object", "match"]);
    assert_eq!(Select::SCHEMA.columns[5].labels, ["fn", "match"]);
    assert_eq!(Select::SCHEMA.partition[0].source, terrace::schema::Source::Column(4));
    assert_eq!(Select::SCHEMA.sort[1].source, terrace::schema::Source::Column(4));

    let db = Db::open_in_memory(collections![Select]).unwrap();
    let select =
        Select { r#type: 1, order: "a".into(), group: 2, r#where: true, object: 3, r#match: Kind::r#fn };
    db.insert(&select).unwrap();
    let found = db.find::<Select>(|select| select.r#match.eq(Kind::r#fn)).first().unwrap();
    assert_eq!(found, Some(select));
    assert!(db.get::<Select>((1, String::from("a"))).unwrap().is_some());
}
