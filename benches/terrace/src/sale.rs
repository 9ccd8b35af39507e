//! The document of the peers as a collection of terrace; the bench of the cache has this file too, and the time to live is
//! for it alone.

use terrace::prelude::*;

#[derive(Collection, Clone, Debug)]
#[collection(cache = "1h")]
pub(crate) struct Sale {
    #[id]
    pub(crate) id: Id<Sale>,
    pub(crate) customer: i64,
    pub(crate) status: Status,
    pub(crate) total: i64,
    pub(crate) weight: f64,
    pub(crate) remark: Option<String>,
    pub(crate) email: String,
    pub(crate) placed: Timestamp,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Status {
    Open,
    Paid,
    Shipped,
}

impl From<bench_common::Status> for Status {
    fn from(status: bench_common::Status) -> Self {
        match status {
            bench_common::Status::Open => Self::Open,
            bench_common::Status::Paid => Self::Paid,
            bench_common::Status::Shipped => Self::Shipped,
        }
    }
}

/// From the document of the peers, to each collection that has its fields.
macro_rules! from_common {
    ($sale:ident) => {
        impl From<bench_common::Sale> for $sale {
            fn from(sale: bench_common::Sale) -> Self {
                Self {
                    id: Id::from_uuid(sale.id),
                    customer: sale.customer,
                    status: sale.status.into(),
                    total: sale.total,
                    weight: sale.weight,
                    remark: sale.remark,
                    email: sale.email,
                    placed: Timestamp::from_micros(sale.placed),
                }
            }
        }
    };
}

from_common!(Sale);
