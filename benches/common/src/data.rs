//! The document and its values, which a seed determines.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A document as every peer stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sale {
    pub id: Uuid,
    pub customer: i64,
    pub status: Status,
    pub total: i64,
    pub weight: f64,
    pub remark: Option<String>,
    pub email: String,
    /// Microseconds since 1970 UTC.
    pub placed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Paid,
    Shipped,
}

/// A text that names no status.
#[derive(Debug)]
pub struct Label(String);

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no status", self.0)
    }
}

impl std::error::Error for Label {}

impl Status {
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
        }
    }

    /// The status that this text names.
    ///
    /// # Errors
    /// It names none.
    pub fn from_label(label: &str) -> Result<Self, Label> {
        match label {
            "open" => Ok(Self::Open),
            "paid" => Ok(Self::Paid),
            "shipped" => Ok(Self::Shipped),
            other => Err(Label(other.to_owned())),
        }
    }

    /// What an update makes of it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Open => Self::Paid,
            Self::Paid => Self::Shipped,
            Self::Shipped => Self::Open,
        }
    }
}

const MICROS_2024: i64 = 1_704_067_200_000_000;

impl Sale {
    /// So many documents, in the order of their ids, as they are when an application makes them one after the other.
    #[must_use]
    pub fn many(seed: u64, count: usize) -> Vec<Self> {
        let mut random = Random(seed);
        (0..count).map(|at| Self::one(&mut random, at)).collect()
    }

    fn one(random: &mut Random, at: usize) -> Self {
        let placed = MICROS_2024 + 1_234_567 * i64::try_from(at).unwrap_or(i64::MAX);
        let status = [Status::Open, Status::Paid, Status::Shipped][random.below(3)];
        Self {
            id: random.uuid_v7(placed / 1_000),
            customer: 1_000 + i64::from(random.up_to(200)),
            status,
            total: random.up_to(500_000).into(),
            weight: f64::from(random.up_to(u32::MAX)) / 65_536.0,
            remark: (random.below(2) == 0).then(|| format!("leave it at door {:03}", random.below(1_000))),
            email: format!("customer{:08}@mail.test", random.below(100_000_000)),
            placed,
        }
    }
}

/// A document of a peer, in its own type.
pub trait Digest {
    /// A hash of the document: two peers that read the same come to the same.
    fn digest(&self) -> u64;
}

impl Digest for Sale {
    fn digest(&self) -> u64 {
        let mut hash = Random(self.id.as_u64_pair().1);
        for number in [self.customer, self.total, self.placed, self.weight.to_bits().cast_signed()] {
            hash.0 ^= number.cast_unsigned();
            hash.0 = hash.next();
        }
        for text in [self.status.label(), self.remark.as_deref().unwrap_or("\0"), &self.email] {
            for byte in text.bytes() {
                hash.0 = (hash.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        hash.next()
    }
}

/// The JSON of the event of an insert, as an application writes it to an outbox by hand.
///
/// # Errors
/// The document cannot be serialised.
pub fn event<S: Serialize>(id: Uuid, after: &S) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Event<'a, S> {
        operation: &'static str,
        id: Uuid,
        after: &'a S,
    }
    serde_json::to_string(&Event { operation: "INSERT", id, after })
}

/// The ids of `count` different documents, in no order.
pub(crate) fn pick_ids(seed: u64, sales: &[Sale], count: usize) -> Vec<Uuid> {
    let mut random = Random(!seed);
    let mut places: Vec<usize> = (0..sales.len()).collect();
    for at in 0..count.min(sales.len()) {
        let other = at + random.below(sales.len() - at);
        places.swap(at, other);
    }
    places.into_iter().take(count).map(|at| sales[at].id).collect()
}

/// `SplitMix64`.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64)).unwrap_or(0)
    }

    fn up_to(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap_or(0)
    }

    fn uuid_v7(&mut self, millis: i64) -> Uuid {
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        let time = u128::from(millis.cast_unsigned()) << 80;
        let version = 7 << 76 | 2 << 62;
        let kept = !(0xffff_ffff_ffff_u128 << 80 | 0xf << 76 | 3 << 62);
        Uuid::from_u128(time | version | (random & kept))
    }
}
