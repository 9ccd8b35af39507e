//! The document, as it is sent and as it is kept.

use serde::{Deserialize, Serialize};
use terrace::prelude::*;

/// A document, as terrace keeps it.
#[derive(Collection, Clone, Debug)]
pub(crate) struct Sale {
    #[id]
    pub(crate) id: Id<Sale>,
    customer: i64,
    status: Status,
    pub(crate) total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: Timestamp,
}

#[derive(Embed, Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Shipped,
}

/// A document, as it is sent.
#[derive(Deserialize)]
pub(crate) struct Given {
    uuid: String,
    customer: i64,
    status: Status,
    total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: i64,
}

impl TryFrom<Given> for Sale {
    type Error = Box<dyn std::error::Error>;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        Ok(Self {
            id: given.uuid.parse()?,
            customer: given.customer,
            status: given.status,
            total: given.total,
            weight: given.weight,
            remark: given.remark,
            email: given.email,
            placed: Timestamp::from_micros(given.placed),
        })
    }
}

/// What was read: two peers that read the same come to the same.
#[derive(Default, Serialize)]
pub(crate) struct Digest {
    documents: usize,
    total: i64,
    weight: f64,
    characters: usize,
}

impl Digest {
    pub(crate) fn of(sales: &[Sale]) -> Self {
        let mut digest = Self { documents: sales.len(), ..Self::default() };
        for sale in sales {
            digest.total += sale.total;
            digest.weight += sale.weight;
            digest.characters += sale.email.len() + sale.remark.as_ref().map_or(0, String::len);
        }
        digest
    }
}
