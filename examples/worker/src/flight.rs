//! What an airport stores, and what its clients send.

use serde::{Deserialize, Serialize};
use terrace::prelude::*;

/// A flight that leaves the airport.
#[derive(Collection, Serialize, Clone, Debug, PartialEq)]
pub(crate) struct Flight {
    #[id]
    pub(crate) id: Id<Flight>,
    pub(crate) number: String,
    /// The code of the airport where it lands.
    #[index]
    pub(crate) to: String,
    #[index]
    pub(crate) status: Status,
    #[index]
    pub(crate) departs: Timestamp,
    /// In minutes.
    pub(crate) delay: Option<i16>,
    #[version]
    pub(crate) version: u32,
}

#[derive(Embed, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Scheduled,
    Boarding,
    Departed,
    Cancelled,
}

/// A flight that is to be created.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlight {
    number: String,
    to: String,
    departs: Timestamp,
}

impl From<NewFlight> for Flight {
    fn from(new: NewFlight) -> Self {
        Self {
            id: Id::new(),
            number: new.number,
            to: new.to,
            status: Status::Scheduled,
            departs: new.departs,
            delay: None,
            version: 0,
        }
    }
}

/// What of a flight is to be changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlightChange {
    /// The version that the client has seen.
    pub(crate) version: u32,
    status: Option<Status>,
    departs: Option<Timestamp>,
    delay: Option<i16>,
}

impl FlightChange {
    pub(crate) fn apply(self, flight: &mut Flight) {
        flight.status = self.status.unwrap_or(flight.status);
        flight.departs = self.departs.unwrap_or(flight.departs);
        flight.delay = self.delay.or(flight.delay);
    }
}
