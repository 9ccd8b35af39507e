//! Many objects, one lake: each shop has a database of its own, and all of them are asked as one collection, here and in SQL,
//! as they are and as they were.
//!
//! `cargo run --release --manifest-path examples/lake/Cargo.toml [URL]`: a folder, or `s3://bucket/prefix` with the environment
//! variables of AWS, as for a server on this machine: `AWS_ENDPOINT=http://127.0.0.1:9000 AWS_ALLOW_HTTP=true
//! AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…`.

mod table;

use std::error::Error;

use datafusion::prelude::SessionContext;
use terrace::{hot::Options, prelude::*};

/// A sale of a shop.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(partition(bucket(4, object), day(sold)))]
struct Sale {
    #[id]
    id: Id<Sale>,
    product: Product,
    cents: i64,
    sold: Timestamp,
    returned: bool,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Product {
    Bread,
    Salt,
    Tea,
}

const PRODUCTS: [(Product, i64); 3] = [(Product::Bread, 320), (Product::Salt, 90), (Product::Tea, 450)];

/// The questions in SQL: `sale` is the collection as it is, `sale_before` as it was before something came back.
const QUESTIONS: [&str; 3] = [
    "SELECT _object AS shop, product, count(*) AS sold, sum(cents) AS cents
FROM sale WHERE NOT returned GROUP BY shop, product ORDER BY shop, product",
    "SELECT before._object AS shop, before.product, count(*) AS came_back, sum(before.cents) AS cents
FROM sale_before AS before JOIN sale AS now ON now._object = before._object AND now.id = before.id
WHERE now.returned AND NOT before.returned GROUP BY shop, before.product ORDER BY shop",
    "SELECT count(*) AS sales, sum(CASE WHEN returned THEN 0 ELSE cents END) AS cents, max(_seq) AS last_event
FROM sale_before",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).map_or_else(new_folder, Ok)?;
    let lake = Lake::open(&url).await?;
    let shops: Vec<Db> = ["berlin", "kigali", "lima"].into_iter().map(open).collect::<Result<_, _>>()?;
    for shop in &shops {
        sell(shop)?;
        let done = shop.sync(&lake).await?;
        println!("{}: {} events synced", shop.object_id(), done.events);
    }
    lake.compact::<Sale>().await?;
    let before = Timestamp::now();

    // Something comes back to one shop: an update in its own database, and an event more in the lake.
    let tea = shops[0].find::<Sale>(|s| s.product.eq(Product::Tea)).first()?.ok_or("no tea was sold")?;
    shops[0].update(tea.id, |sale| sale.returned = true)?;
    shops[0].sync(&lake).await?;

    let returned = || lake.find::<Sale>(|s| s.returned.eq(true));
    println!(
        "returned in all shops: {} now, {} before",
        returned().count().await?,
        returned().as_of(before).count().await?
    );
    for version in lake.history::<Sale>(tea.id).await? {
        println!("one of them, in {}: {:?} at {}", version.object, version.operation, version.timestamp);
    }
    ask(&lake, before).await?;

    let table = format!("{}/sale", lake.url().trim_start_matches("file://"));
    println!("\nOther engines read the same tables; DuckDB, with its extension iceberg:");
    println!(
        "  SELECT _object, product, count(*), sum(cents) FROM iceberg_scan('{table}') GROUP BY ALL ORDER BY ALL;"
    );
    println!("  SELECT _op, count(*) FROM iceberg_scan('{table}_changes') GROUP BY ALL;");
    Ok(())
}

/// Asks in SQL, by DataFusion.
async fn ask(lake: &Lake, before: Timestamp) -> Result<(), Box<dyn Error>> {
    let sql = SessionContext::new();
    sql.register_table("sale", table::of::<Sale>(lake, None).await?)?;
    sql.register_table("sale_before", table::of::<Sale>(lake, Some(before)).await?)?;
    for question in QUESTIONS {
        println!("\n{question}");
        sql.sql(question).await?.show().await?;
    }
    Ok(())
}

/// The database of a shop, which a Durable Object would be.
fn open(name: &str) -> Result<Db, StorageError> {
    Options::new().object(name).open_in_memory(collections![Sale])
}

/// A hundred sales.
fn sell(shop: &Db) -> Result<(), StorageError> {
    let sales: Vec<Sale> = (0..100)
        .map(|at| {
            let (product, cents) = PRODUCTS[at % PRODUCTS.len()];
            Sale { id: Id::new(), product, cents, sold: Timestamp::now(), returned: false }
        })
        .collect();
    shop.insert_all(&sales).map(drop)
}

/// An empty folder, the same each time.
fn new_folder() -> std::io::Result<String> {
    let folder = std::env::temp_dir().join("terrace-example-lake");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(folder.to_string_lossy().into_owned())
}
