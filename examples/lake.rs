//! Many objects, one lake: each shop has a database of its own, and all of them are asked as one collection, here and in SQL.
//!
//! `cargo run --release --example lake [URL]`: a folder, or `s3://bucket/prefix` with the environment variables of AWS, as for a
//! server on this machine: `AWS_ENDPOINT=http://127.0.0.1:9000 AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=…
//! AWS_SECRET_ACCESS_KEY=…`.

use std::error::Error;

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
    let before = Timestamp::now();

    // Something comes back to one shop: an update in its own database, and an event more in the lake.
    let tea = shops[0].find::<Sale>(|s| s.product.eq(Product::Tea)).first()?.ok_or("no tea was sold")?;
    shops[0].update(tea.id, |sale| sale.returned = true)?;
    shops[0].sync(&lake).await?;
    lake.compact::<Sale>().await?;

    let returned = || lake.find::<Sale>(|s| s.returned.eq(true));
    println!(
        "returned in all shops: {} now, {} before",
        returned().count().await?,
        returned().as_of(before).count().await?
    );
    let tea = lake.find::<Sale>(|s| s.product.eq(Product::Tea)).all().await?;
    println!(
        "tea in all shops: {} sold for {} cents",
        tea.len(),
        tea.iter().map(|sale| sale.cents).sum::<i64>()
    );
    for version in lake.history::<Sale>(tea[0].id).await? {
        println!("one of them, in {}: {:?} at {}", version.object, version.operation, version.timestamp);
    }

    let table = format!("{}/sale", lake.url().trim_start_matches("file://"));
    println!("\nthe same in SQL, with DuckDB and its extension iceberg:");
    println!(
        "  SELECT _object, product, count(*), sum(cents) FROM iceberg_scan('{table}') GROUP BY ALL ORDER BY ALL;"
    );
    println!("  SELECT _op, count(*) FROM iceberg_scan('{table}_changes') GROUP BY ALL;");
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
