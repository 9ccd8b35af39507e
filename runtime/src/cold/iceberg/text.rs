//! Values and partitions as text, for paths and for people.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Datum, PartitionSpec, Transform, Type,
    calendar::{DAY, HOUR, day_text, time_text},
};
use crate::schema::types::decimal_text;

impl Datum {
    /// The value of a column of this type as text.
    ///
    /// Source: Iceberg, Appendix D, "JSON single-value serialization"; bytes are base64 as in the names of folders of
    /// the reference implementation.
    #[must_use]
    pub fn text(&self, kind: &Type) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Decimal(value) => {
                decimal_text(*value, if let Type::Decimal { scale, .. } = kind { *scale } else { 0 })
            }
            Self::Date(days) => day_text(i64::from(*days)),
            Self::Time(micros) => time_text(*micros),
            Self::Timestamp(micros) => moment_text(*micros, kind),
            Self::String(value) => value.clone(),
            Self::Uuid(value) => uuid::Uuid::from_bytes(*value).to_string(),
            Self::Binary(value) => STANDARD.encode(value),
        }
    }
}

fn moment_text(micros: i64, kind: &Type) -> String {
    let zone = if *kind == Type::Timestamptz { "+00:00" } else { "" };
    format!("{}T{}{zone}", day_text(micros.div_euclid(DAY)), time_text(micros.rem_euclid(DAY)))
}

impl Transform {
    /// The value of a partition, made from a column of type `source`, as text.
    ///
    /// ```
    /// # use terrace::cold::iceberg::{Datum, Transform, Type};
    /// assert_eq!(Transform::Month.text(&Type::Date, Some(&Datum::Int(-1))), "1969-12");
    /// ```
    #[must_use]
    pub fn text(self, source: &Type, value: Option<&Datum>) -> String {
        match (self, value) {
            (_, None) => "null".to_owned(),
            (Self::Year, Some(Datum::Int(years))) => format!("{:04}", 1970 + i64::from(*years)),
            (Self::Month, Some(Datum::Int(months))) => {
                let months = i64::from(*months);
                format!("{:04}-{:02}", 1970 + months.div_euclid(12), months.rem_euclid(12) + 1)
            }
            (Self::Hour, Some(Datum::Int(hours))) => {
                let hours_a_day = DAY / HOUR;
                let hours = i64::from(*hours);
                format!("{}-{:02}", day_text(hours.div_euclid(hours_a_day)), hours.rem_euclid(hours_a_day))
            }
            (_, Some(value)) => value.text(source),
        }
    }
}

impl PartitionSpec {
    /// The folders of a partition, as `name=value/name=value`; empty when there is no partition.
    ///
    /// Everything but letters, digits and `-._` is written as `%` and hexadecimal digits.
    ///
    /// # Errors
    /// A transform or a column that is not known, or a partition of another number of fields.
    pub fn path(
        &self,
        schema: &super::Schema,
        partition: &[Option<Datum>],
    ) -> Result<String, super::IcebergError> {
        let mut folders = Vec::with_capacity(partition.len());
        for (field, value) in self.bind(schema)?.iter().zip(partition) {
            let text = field.transform.text(&field.source, value.as_ref());
            folders.push(format!("{}={}", escaped(field.name), escaped(&text)));
        }
        Ok(folders.join("/"))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // a String takes everything
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
