//! The metadata of a file, fetched and checked.

use parquet::{
    DecodeResult,
    file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder},
};

use super::{
    error::{Outcome, damaged},
    fetch::Fetch,
    footer,
};

/// Reads the metadata, and with it at least the last `end` bytes.
pub(super) async fn metadata(fetch: &mut Fetch, rows: u64, end: u64) -> Outcome<ParquetMetaData> {
    let size = fetch.size();
    if size < footer::TAIL {
        return Err(damaged("it is shorter than a Parquet file can be"));
    }
    fetch.one(size.saturating_sub(end.max(footer::TAIL))..size).await?;
    let tail = fetch.one(size - footer::TAIL..size).await?;
    let bytes = fetch.one(footer::metadata_range(&tail, size)?).await?;
    footer::decode(&bytes, size, rows)
}

/// The metadata with the index of pages; none where the file has none.
pub(super) async fn index(fetch: &mut Fetch, metadata: &ParquetMetaData) -> Outcome<Option<ParquetMetaData>> {
    let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(fetch.size(), metadata.clone())
        .map_err(damaged)?
        .with_page_index_policy(PageIndexPolicy::Optional);
    loop {
        match decoder.try_decode().map_err(damaged)? {
            DecodeResult::NeedsData(ranges) => {
                let bytes = fetch.get(&ranges).await?;
                for (range, bytes) in ranges.iter().zip(&bytes) {
                    footer::check_index_bytes(metadata, bytes, range.start)?;
                }
                decoder.push_ranges(ranges, bytes).map_err(damaged)?;
            }
            DecodeResult::Data(metadata) => {
                footer::check_index(&metadata)?;
                return Ok(metadata.offset_index().is_some().then_some(metadata));
            }
            DecodeResult::Finished => return Ok(None),
        }
    }
}
