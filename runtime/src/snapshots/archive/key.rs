//! Where snapshots are in a lake: `snapshots/{type}/{object}/year=YYYY/month=MM/{snapshot}/`, and what a listing says of them.

use xxhash_rust::xxh3::xxh3_128;

use crate::{Timestamp, cdc::SnapshotId, cold::StoredFile, snapshots::retention::month};

/// What a snapshot is; the last of its files to be stored and the first to be removed.
pub(super) const MANIFEST: &str = "manifest.json";
/// That it is held.
pub(super) const HELD: &str = "held.json";
/// What the names of files begin with that say that it is being read.
pub(super) const READING: &str = "reading-";
/// What the names of files begin with that say that it is about to be deleted.
pub(super) const DELETING: &str = "deleting-";

/// Up to how many bytes a part of a path has; file systems take 255.
const LONG: usize = 200;

/// A name as a part of a path: letters, digits, `.`, `_` and `-` stand for themselves. Of a long one its beginning, `~` and 32
/// digits of its hash.
pub(super) fn encoded(name: &str) -> String {
    let part = escaped(name);
    if part.len() > LONG { format!("{}~{:032x}", &part[..LONG / 2], xxh3_128(name.as_bytes())) } else { part }
}

fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match name {
        "" => "%".to_owned(),
        "." | ".." => name.replace('.', "%2E"),
        _ => name
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect(),
    }
}

/// The folder of an object's snapshots.
pub(super) fn of_object(kind: &str, object: &str) -> String {
    format!("snapshots/{}/{}", encoded(kind), encoded(object))
}

/// The folder of a snapshot.
pub(super) fn of_snapshot(kind: &str, object: &str, time: Timestamp, id: SnapshotId) -> String {
    let (year, month) = (month(time).div_euclid(12), month(time).rem_euclid(12) + 1);
    format!("{}/year={year:04}/month={month:02}/{id}", of_object(kind, object))
}

/// A folder with a snapshot, or with what was left of one.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) id: SnapshotId,
    pub(super) path: String,
    /// Its files: the name below the folder, and the file.
    pub(super) files: Vec<(String, StoredFile)>,
}

impl Folder {
    /// The folders in a listing of the folder of an object.
    pub(super) fn all(of_object: &str, listed: Vec<StoredFile>) -> Vec<Self> {
        let mut folders: Vec<Self> = Vec::new();
        for file in listed {
            let Some((length, id)) = file.path.strip_prefix(of_object).and_then(snapshot_in) else {
                continue;
            };
            let path = file.path[..of_object.len() + length].to_owned();
            let name = file.path[path.len() + 1..].to_owned();
            match folders.iter_mut().find(|folder| folder.path == path) {
                Some(folder) => folder.files.push((name, file)),
                None => folders.push(Self { id, path, files: vec![(name, file)] }),
            }
        }
        folders
    }

    /// A folder by a listing of it.
    pub(super) fn of(id: SnapshotId, path: &str, listed: Vec<StoredFile>) -> Self {
        let name = |file: &StoredFile| file.path.strip_prefix(path)?.strip_prefix('/').map(str::to_owned);
        let files = listed.into_iter().filter_map(|file| Some((name(&file)?, file)));
        Self { id, path: path.to_owned(), files: files.collect() }
    }

    pub(super) fn file(&self, name: &str) -> Option<&StoredFile> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, file)| file)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.file(name).is_some()
    }

    /// Whether a file whose name begins so was stored after a moment.
    pub(super) fn is_marked(&self, beginning: &str, after: Timestamp) -> bool {
        self.files.iter().any(|(name, file)| name.starts_with(beginning) && file.modified > after)
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// How many bytes of a path name the folder of a snapshot, and which.
fn snapshot_in(path: &str) -> Option<(usize, SnapshotId)> {
    let mut parts = path.strip_prefix('/')?.splitn(4, '/');
    let (year, month, id) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next()?;
    let is_folder = year.starts_with("year=") && month.starts_with("month=");
    let length = year.len() + month.len() + id.len() + 3;
    Some((length, id.parse().ok().filter(|_| is_folder)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_are() {
        let time = "2024-02-29T23:59:59.999999Z".parse().expect("a moment");
        let id = SnapshotId([0xAB; 16]);
        let key = of_snapshot("shop", "a/ü..", time, id);
        let name = "ab".repeat(16);
        assert_eq!(key, format!("snapshots/shop/a%2F%C3%BC../year=2024/month=02/{name}"));
        assert_eq!([encoded(""), encoded("."), encoded(".."), encoded("%")], ["%", "%2E", "%2E%2E", "%25"]);
        let long = encoded(&"ü".repeat(100));
        let hash = xxh3_128("ü".repeat(100).as_bytes());
        assert_eq!(long, format!("{}%C3%~{hash:032x}", "%C3%BC".repeat(16)));
        let before = of_snapshot("t", "o", Timestamp::from_micros(-1), id);
        assert_eq!(before, format!("snapshots/t/o/year=1969/month=12/{name}"));
        assert_eq!(snapshot_in(&format!("/year=2024/month=02/{name}/x/y")), Some((52, id)));
    }
}
