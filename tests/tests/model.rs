//! Random operations against an oracle in memory: table == oracle == replay(log) after every sequence.
//!
//! Invariants 1, 2 and 3 of the design. A failure prints the operations and the seed of proptest.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use terrace::{hot::Maintenance, prelude::*, schema::Collections};
use terrace_tests::{Place, documents, long, replayed, seed};

/// A document as the oracle holds it: every column of both versions of the struct.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    id: i64,
    small: i16,
    name: String,
    note: Option<String>,
    weight: f64,
    code: Option<i64>,
    dropped: bool,
    region: String,
    extra: Option<i64>,
    version: u32,
}

/// The first version of the collection.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "thing", index(name, small), columnar(threshold = 8))]
struct First {
    #[id]
    id: i64,
    small: i16,
    name: String,
    note: Option<String>,
    weight: f64,
    #[unique]
    code: Option<i64>,
    dropped: bool,
    #[version]
    version: u32,
}

/// The second: a column wider, one renamed, one required, one gone, two new, in another order.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "thing", index(region, small), columnar(threshold = 8))]
struct Second {
    region_of: Option<i64>,
    #[id]
    id: i64,
    #[column(fill = "eu")]
    region: String,
    small: i64,
    #[was("name")]
    title: String,
    #[column(fill = "none")]
    note: String,
    weight: f64,
    #[unique]
    code: Option<i64>,
    #[version]
    version: u32,
}

/// What both versions can do.
trait Thing: Collection + Clone + std::fmt::Debug + PartialEq {
    fn of(model: &Model) -> Self;
    fn model(&self) -> Model;
    fn collections() -> Collections;
    fn by_weight(weight: f64) -> Filter<Self>;
}

impl Thing for First {
    fn of(model: &Model) -> Self {
        let Model { id, small, name, note, weight, code, dropped, version, .. } = model.clone();
        Self { id, small, name, note, weight, code, dropped, version }
    }

    fn model(&self) -> Model {
        let Self { id, small, name, note, weight, code, dropped, version } = self.clone();
        Model { id, small, name, note, weight, code, dropped, version, region: String::new(), extra: None }
    }

    fn collections() -> Collections {
        collections![First]
    }

    fn by_weight(weight: f64) -> Filter<Self> {
        Self::COLUMNS.weight.gt(weight)
    }
}

impl Thing for Second {
    fn of(model: &Model) -> Self {
        let Model { id, small, name, note, weight, code, region, extra, version, .. } = model.clone();
        let note = note.unwrap_or_else(|| "none".to_owned());
        Self { region_of: extra, id, region, small: small.into(), title: name, note, weight, code, version }
    }

    fn model(&self) -> Model {
        let Self { region_of, id, region, small, title, note, weight, code, version } = self.clone();
        Model {
            id,
            small: i16::try_from(small).expect("the test writes small numbers"),
            name: title,
            note: Some(note),
            weight,
            code,
            dropped: false,
            region,
            extra: region_of,
            version,
        }
    }

    fn collections() -> Collections {
        collections![Second]
    }

    fn by_weight(weight: f64) -> Filter<Self> {
        Self::COLUMNS.weight.gt(weight)
    }
}

/// What the migration does to a document.
fn migrate(model: &Model) -> Model {
    Model {
        dropped: false,
        region: "eu".to_owned(),
        extra: None,
        note: Some(model.note.clone().unwrap_or_else(|| "none".to_owned())),
        ..model.clone()
    }
}

/// What the second struct stores of a model.
fn stored<T: Thing>(model: &Model) -> Model {
    T::of(model).model()
}

#[derive(Clone, Debug)]
enum Op {
    Insert(Model),
    InsertAll(Vec<Model>),
    Update(Model),
    Upsert(Model),
    Delete(i64),
    UpdateFound(f64, i16),
    DeleteFound(f64),
    /// A nested transaction: these operations, then whether it fails, panics or succeeds.
    Nested(Vec<Op>, Ending),
    /// Some maintenance: at most so many documents.
    Maintain(u64),
    Reopen,
    Migrate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Commit,
    Abort,
    Panic,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,8}",
        Just("nul\0inside".to_owned()),
        Just("👩‍👩‍👧 e\u{301}".to_owned()),
        Just("x".repeat(5_000)),
        "\\PC{0,12}",
    ]
}

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("NaN is refused", |real| !real.is_nan()),
        -100.0..100.0,
        Just(-0.0),
        Just(f64::NEG_INFINITY),
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let fields = (0..40i64, any::<i16>(), text(), proptest::option::of(text()), real());
    let more = (proptest::option::of(0..60i64), any::<bool>(), text(), any::<Option<i64>>());
    (fields, more).prop_map(|((id, small, name, note, weight), (code, dropped, region, extra))| Model {
        id,
        small,
        name,
        note,
        weight,
        code,
        dropped,
        region,
        extra,
        version: 0,
    })
}

fn op() -> impl Strategy<Value = Op> {
    let single = prop_oneof![
        6 => model().prop_map(Op::Insert),
        5 => model().prop_map(Op::Update),
        3 => model().prop_map(Op::Upsert),
        3 => (0..40i64).prop_map(Op::Delete),
        1 => vec(model(), 0..20).prop_map(Op::InsertAll),
        1 => (real(), any::<i16>()).prop_map(|(weight, small)| Op::UpdateFound(weight, small)),
        1 => real().prop_map(Op::DeleteFound),
    ];
    let nested = single.prop_recursive(3, 30, 6, |inner| {
        let ending =
            prop_oneof![3 => Just(Ending::Commit), 2 => Just(Ending::Abort), 1 => Just(Ending::Panic)];
        (vec(inner, 0..8), ending).prop_map(|(ops, ending)| Op::Nested(ops, ending))
    });
    prop_oneof![40 => nested, 6 => (0..40u64).prop_map(Op::Maintain), 2 => Just(Op::Reopen), 1 => Just(Op::Migrate)]
}

type Oracle = BTreeMap<i64, Model>;

/// Whether storing the model beside the others would break the unique index.
fn clashes(oracle: &Oracle, model: &Model) -> bool {
    let same = |other: &&Model| other.id != model.id && other.code.is_some() && other.code == model.code;
    oracle.values().any(|other| same(&other))
}

/// Runs one operation on both; an operation that fails leaves both as they were.
fn apply<T: Thing>(db: &Db, oracle: &mut Oracle, op: &Op) -> Result<(), TestCaseError>
where
    i64: terrace::schema::KeyOf<T>,
{
    match op {
        Op::Insert(model) => {
            let expected = !oracle.contains_key(&model.id) && !clashes(oracle, model);
            prop_assert_eq!(db.insert(&T::of(model)).is_ok(), expected);
            if expected {
                oracle.insert(model.id, stored::<T>(model));
            }
        }
        Op::InsertAll(models) => {
            let mut after = oracle.clone();
            let expected = models.iter().all(|model| {
                let fresh = !after.contains_key(&model.id) && !clashes(&after, model);
                after.insert(model.id, stored::<T>(model));
                fresh
            });
            let documents: Vec<T> = models.iter().map(T::of).collect();
            prop_assert_eq!(db.insert_all(&documents).is_ok(), expected);
            if expected {
                *oracle = after;
            }
        }
        Op::Update(model) => apply_update::<T>(db, oracle, model)?,
        Op::Upsert(model) => apply_upsert::<T>(db, oracle, model)?,
        Op::Delete(id) => {
            let deleted = db.delete::<T>(*id).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(deleted, oracle.remove(id).is_some());
        }
        Op::UpdateFound(weight, small) => {
            let change = |document: &mut T| *document = T::of(&Model { small: *small, ..document.model() });
            let changed = db.find::<T>(|_| T::by_weight(*weight)).update(change);
            let mut expected = 0;
            for model in oracle.values_mut().filter(|model| model.weight > *weight && model.small != *small) {
                model.small = *small;
                model.version += 1;
                expected += 1;
            }
            prop_assert_eq!(changed.ok(), Some(expected));
        }
        Op::DeleteFound(weight) => {
            let before = oracle.len();
            oracle.retain(|_, model| model.weight <= *weight);
            let deleted = db.find::<T>(|_| T::by_weight(*weight)).delete();
            prop_assert_eq!(deleted.ok(), Some((before - oracle.len()) as u64));
        }
        Op::Nested(ops, ending) => apply_nested::<T>(db, oracle, ops, *ending)?,
        Op::Maintain(documents) => {
            let events = db.changes().head().ok();
            let most = Maintenance { documents: *documents, ..Maintenance::default() };
            db.maintain(most).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(db.changes().head().ok(), events);
        }
        Op::Reopen | Op::Migrate => {}
    }
    Ok(())
}

fn apply_update<T: Thing>(db: &Db, oracle: &mut Oracle, model: &Model) -> Result<(), TestCaseError>
where
    i64: terrace::schema::KeyOf<T>,
{
    let updated = db.update::<T>(model.id, |document| {
        *document = T::of(&Model { version: document.model().version, ..model.clone() });
    });
    let Some(before) = oracle.get(&model.id) else {
        prop_assert!(updated.is_err());
        return Ok(());
    };
    let mut after = stored::<T>(&Model { version: before.version, ..model.clone() });
    if clashes(oracle, model) {
        prop_assert!(updated.is_err());
        return Ok(());
    }
    if !same(&after, before) {
        after.version += 1;
    }
    prop_assert_eq!(updated.map(|document| document.model()).ok(), Some(after.clone()));
    oracle.insert(model.id, after);
    Ok(())
}

fn apply_upsert<T: Thing>(db: &Db, oracle: &mut Oracle, model: &Model) -> Result<(), TestCaseError> {
    let version = oracle.get(&model.id).map_or(0, |before| before.version);
    let mut after = stored::<T>(&Model { version, ..model.clone() });
    let upserted = db.upsert(&T::of(&after));
    if clashes(oracle, model) {
        prop_assert!(upserted.is_err());
        return Ok(());
    }
    if oracle.get(&model.id).is_some_and(|before| !same(&after, before)) {
        after.version += 1;
    }
    prop_assert_eq!(upserted.map(|document| document.model()).ok(), Some(after.clone()));
    oracle.insert(model.id, after);
    Ok(())
}

fn apply_nested<T: Thing>(
    db: &Db,
    oracle: &mut Oracle,
    ops: &[Op],
    ending: Ending,
) -> Result<(), TestCaseError>
where
    i64: terrace::schema::KeyOf<T>,
{
    let mut inner = oracle.clone();
    let mut failed = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|db| {
            for op in ops {
                if let Err(failure) = apply::<T>(db, &mut inner, op) {
                    failed = Some(failure);
                    break;
                }
            }
            match ending {
                Ending::Commit => Ok(()),
                Ending::Abort => Err(StorageError::abort("as planned")),
                Ending::Panic => std::panic::resume_unwind(Box::new("as planned")),
            }
        })
    }));
    if let Some(failure) = failed {
        return Err(failure);
    }
    prop_assert_eq!(matches!(result, Ok(Ok(()))), ending == Ending::Commit);
    if ending == Ending::Commit {
        *oracle = inner;
    }
    Ok(())
}

/// Whether two models are the same, bit by bit.
fn same(a: &Model, b: &Model) -> bool {
    a == b && a.weight.to_bits() == b.weight.to_bits()
}

/// table == oracle == replay(log), and the log is gapless.
fn check<T: Thing>(db: &Db, oracle: &Oracle) -> Result<(), TestCaseError> {
    let fail = |error: StorageError| TestCaseError::fail(error.to_string());
    let copy = replayed(db, T::collections()).map_err(fail)?;
    for (name, db) in [("the table", db), ("the replayed log", &copy)] {
        let models: Vec<Model> = documents::<T>(db).map_err(fail)?.iter().map(T::model).collect();
        let equal =
            models.len() == oracle.len() && models.iter().zip(oracle.values()).all(|(a, b)| same(a, b));
        prop_assert!(equal, "{name} differs from the oracle:\n{models:?}\n{oracle:?}");
    }
    let checksums = (db.checksum::<T>().map_err(fail)?, copy.checksum::<T>().map_err(fail)?);
    prop_assert_eq!(checksums.0, checksums.1);
    prop_assert_eq!(checksums.0.documents, oracle.len() as u64);
    let counted = db.query::<(i64,)>("SELECT count(*) FROM thing", ()).map_err(fail)?;
    prop_assert_eq!(counted, [(i64::try_from(oracle.len()).unwrap_or(-1),)]);
    check_log(db).map_err(fail)?
}

fn check_log(db: &Db) -> Result<Result<(), TestCaseError>, StorageError> {
    let mut transaction = None;
    for (next, event) in (1..).zip(db.changes().since(0)?) {
        let event = event?;
        if event.sequence != next || *transaction.get_or_insert(next) != event.transaction.first {
            let problem = format!("event {} after {}: {:?}", event.sequence, next - 1, event.transaction);
            return Ok(Err(TestCaseError::fail(problem)));
        }
        if event.transaction.ends {
            transaction = None;
        }
    }
    Ok(if transaction.is_none() {
        Ok(())
    } else {
        Err(TestCaseError::fail("the last transaction has no end"))
    })
}

fn run(ops: &[Op]) -> Result<(), TestCaseError> {
    let fail = |error: StorageError| TestCaseError::fail(error.to_string());
    let place = Place::new();
    let mut oracle = Oracle::new();
    let mut migrated = false;
    let mut db = place.open(collections![First]).map_err(fail)?;
    for op in ops {
        match op {
            Op::Migrate if !migrated => {
                check::<First>(&db, &oracle)?;
                drop(db);
                db = place.open(collections![Second]).map_err(fail)?;
                for model in oracle.values_mut() {
                    *model = migrate(model);
                }
                migrated = true;
            }
            Op::Reopen => {
                drop(db);
                let collections = if migrated { collections![Second] } else { collections![First] };
                db = place.open(collections).map_err(fail)?;
            }
            op if migrated => apply::<Second>(&db, &mut oracle, op)?,
            op => apply::<First>(&db, &mut oracle, op)?,
        }
    }
    if migrated { check::<Second>(&db, &oracle) } else { check::<First>(&db, &oracle) }
}

#[test]
fn table_oracle_and_replayed_log_are_equal_after_random_operations() {
    let cases = if long() { 10_000 } else { 500 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let outcome = TestRunner::new_with_rng(config, random).run(&vec(op(), 0..200), |ops| run(&ops));
    outcome.unwrap_or_else(|error| panic!("TERRACE_SEED={seed}: {error}"));
}
