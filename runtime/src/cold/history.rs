//! What became of a document: every event of it that the lake holds.

use crate::{
    Timestamp,
    cdc::{CdcOperation, Lineage},
    error::{During, Operation, StorageError},
    filter::{Comparison, Predicate},
    schema::{Collection, KeyOf},
    value::{Row, RowBuf, unhex},
};

use super::{
    changes::{Marks, of_changelog},
    document::Columns,
    error::{Result, refused},
    lake::Lake,
    mapping::{Mapped, Role},
    parquet::BatchRows,
    scan::{Scan, ScanStat, Scanned, Wanted, files},
    view::{At, View},
};

/// An event of a document, from [`Lake::history`].
#[derive(Clone, Debug, PartialEq)]
pub struct Version<T> {
    /// The object that the document is in.
    pub object: String,
    /// The lineage of the event.
    pub lineage: Lineage,
    /// Its position.
    pub sequence: u64,
    /// When its transaction was committed.
    pub timestamp: Timestamp,
    /// What happened; none where the document was read and nothing had happened.
    pub operation: Option<CdcOperation>,
    /// The document after it, or, of one that was deleted, before it where the collection captures that.
    pub document: Option<T>,
}

impl Lake {
    /// Every event of the documents with this id, whichever objects they are in: by objects, and in each in the order of time.
    ///
    /// # Errors
    /// The collection was never synced; the lake cannot be reached or is damaged.
    ///
    /// ```
    /// # use terrace::{cold::Lake, prelude::*};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # futures_executor::block_on(async {
    /// # let lake = Lake::open("memory://").await?;
    /// # let db = Db::open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// db.update::<City>("Bonn", |c| c.people += 1)?;
    /// db.sync(&lake).await?;
    /// let versions = lake.history::<City>("Bonn").await?;
    /// assert_eq!(versions.len(), 2);
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub async fn history<T: Collection>(
        &self,
        id: impl KeyOf<T>,
    ) -> std::result::Result<Vec<Version<T>>, StorageError> {
        let mut key = RowBuf::new();
        let stored = id.store(&mut key);
        let versions = async {
            stored?;
            self.versions(&key).await
        };
        Result::during(versions.await, Operation::Find, T::SCHEMA.name)
    }

    async fn versions<T: Collection>(&self, key: &RowBuf) -> Result<Vec<Version<T>>> {
        let mapped = Mapped::of(T::SCHEMA);
        let view = View::open(self, T::SCHEMA.name, At::Now).await?;
        let projection = of_changelog(&mapped, &view.changelog)?;
        let columns = Columns::new(&mapped, &projection, Role::Changelog)?;
        let terms = T::SCHEMA.id_columns().enumerate().map(|(at, column)| {
            let (column, value) = (column.name.into(), key.value(at)?.to_owned());
            Ok(Predicate::Compare { column, comparison: Comparison::Eq, value })
        });
        let predicate = Predicate::And(terms.collect::<Result<_>>()?);
        let fills = columns.fills(&projection);
        let wanted = Wanted { projection: projection.clone(), fills, predicate };
        let mut stat = ScanStat::default();
        let entries = files(&view.changelog, view.changes()?, &wanted, i64::MIN, &mut stat).await?;
        let mut scan = Scan::over(&view.changelog, entries, wanted, stat);
        let mut versions = Vec::new();
        while let Some(Scanned { batch, .. }) = scan.next().await? {
            let marks = Marks::of(&batch)?;
            let mut rows = BatchRows::new(&batch, &projection);
            let mut row = 0;
            while rows.advance() {
                versions.push(version(&marks, row, &columns, &rows)?);
                row += 1;
            }
        }
        versions.sort_by(|a: &Version<T>, b| {
            (&a.object, a.timestamp, a.sequence).cmp(&(&b.object, b.timestamp, b.sequence))
        });
        Ok(versions)
    }
}

fn version<T: Collection>(
    marks: &Marks<'_>,
    row: usize,
    columns: &Columns,
    values: &BatchRows<'_>,
) -> Result<Version<T>> {
    let lineage = unhex(marks.lineage(row)).and_then(|bytes| bytes.try_into().ok());
    let operation = CdcOperation::from_name(marks.operation(row));
    // Of what was deleted there may be the id alone.
    let document = match operation {
        Some(CdcOperation::Delete) => columns.read(values).ok(),
        _ => Some(columns.read(values)?),
    };
    Ok(Version {
        object: marks.object(row).to_owned(),
        lineage: Lineage(lineage.ok_or_else(|| refused(&"a lineage that is none"))?),
        sequence: marks.sequence(row),
        timestamp: Timestamp::from_micros(marks.timestamp(row)),
        operation,
        document,
    })
}
