//! The object that is the same in both versions, but for its `Order`.
//!
//! | request | answer |
//! |---|---|
//! | `POST /add/NUMBER` | an order is written, with its event |
//! | `POST /pay/NUMBER` | it is changed, with its event |
//! | `GET /orders` | the orders, which are what the log says |
//! | `POST /replay` | the orders of a new database, into which the log was replayed |

use std::{collections::BTreeMap, error::Error};

use terrace::{cdc::CdcEvent, prelude::*};
use worker::{
    Context, DurableObject, Env, Request, Response, Result, State, durable_object, event, wasm_bindgen,
};

use super::Order;

/// Gives every request to the one object.
///
/// # Errors
/// The object does not answer.
#[event(fetch)]
pub(crate) async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    env.durable_object("SHOPS")?.id_from_name("the shop")?.get_stub()?.fetch_with_request(request).await
}

#[durable_object(fetch)]
struct Shop {
    state: State,
    db: std::result::Result<Db, StorageError>,
}

type Orders = std::result::Result<Vec<Order>, Box<dyn Error>>;

impl DurableObject for Shop {
    fn new(state: State, _: Env) -> Self {
        let db = Db::durable(&state, collections![Order]);
        Self { state, db }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let db = match &self.db {
            Ok(db) => db,
            Err(error) => return Response::error(format!("{:?}: {error}", error.source), 503),
        };
        let path = request.path();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let orders = match parts.as_slice() {
            ["add", number] => add(db, number),
            ["pay", number] => pay(db, number),
            ["replay"] => self.replay(db).await,
            _ => orders(db),
        };
        match orders {
            Ok(orders) => Response::from_json(&orders.iter().map(|o| format!("{o:?}")).collect::<Vec<_>>()),
            Err(error) => Response::error(error.to_string(), 500),
        }
    }
}

fn add(db: &Db, number: &str) -> Orders {
    db.insert(&Order::new(number.parse()?))?;
    orders(db)
}

fn pay(db: &Db, number: &str) -> Orders {
    db.update::<Order>(number.parse::<i64>()?, Order::pay)?;
    orders(db)
}

/// The orders; fails when the log says anything else.
fn orders(db: &Db) -> Orders {
    let mut logged = BTreeMap::new();
    for (event, sequence) in db.changes().since(0)?.zip(1..) {
        let event = event?;
        if event.sequence != sequence {
            return Err(format!("invariant 2: event {sequence} is {}", event.sequence).into());
        }
        match event.change::<Order>()? {
            Some(Change::Inserted { after } | Change::Updated { after, .. }) => {
                logged.insert(after.id, after)
            }
            other => return Err(format!("invariant 1: event {sequence} is {other:?}").into()),
        };
    }
    let stored = db.all::<Order>().order_by(|order| order.id.asc()).all()?;
    if logged.values().eq(&stored) { Ok(stored) } else { Err(format!("invariant 3: {logged:?}").into()) }
}

impl Shop {
    /// Replays the log into an empty database, which takes the place of the present one.
    async fn replay(&self, db: &Db) -> Orders {
        let checksum = db.checksum::<Order>()?;
        let events: Vec<std::result::Result<CdcEvent, StorageError>> = db.changes().since(0)?.collect();
        self.state.storage().delete_all().await?;
        let copy = Db::durable(&self.state, collections![Order])?;
        copy.replay(events)?;
        if copy.checksum::<Order>()? == checksum {
            orders(&copy)
        } else {
            Err("invariant 3: the checksum".into())
        }
    }
}
