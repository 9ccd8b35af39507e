//! What a struct declares: the derive's own picture of it, with fields resolved to columns and every span kept.
//!
//! It exists even for an input full of mistakes, with what could be understood, so that the fallback can be built of it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Field, Fields, Ident, LitStr, Path, Type, ext::IdentExt, parse_quote};

use crate::{
    attr::{
        Columnar, Snapshot,
        collection::StructOptions,
        column::FieldOptions,
        mark::{Kind, Mark},
    },
    ctxt::Ctxt,
    names::{Name, snake_case},
    option::Literal,
    resolve, shape, types,
};

/// A collection.
pub(crate) struct Collection<'a> {
    pub(crate) input: &'a DeriveInput,
    /// The path of the library.
    pub(crate) krate: Path,
    pub(crate) name: Name,
    pub(crate) columns: Vec<Column<'a>>,
    pub(crate) skipped: Vec<Column<'a>>,
    pub(crate) id: Id,
    pub(crate) indexes: Vec<Index>,
    pub(crate) partition: Vec<Partition>,
    pub(crate) sort: Vec<Sort>,
    pub(crate) merge_on_read: bool,
    /// The variant of `Capture`.
    pub(crate) capture: &'static str,
    pub(crate) cache_seconds: Option<u64>,
    pub(crate) columnar: Columnar,
    pub(crate) snapshot: Option<Snapshot>,
}

/// A field.
pub(crate) struct Column<'a> {
    pub(crate) field: &'a Field,
    pub(crate) ident: &'a Ident,
    /// The type, with `Self` spelled out.
    pub(crate) ty: TokenStream,
    pub(crate) name: Name,
    pub(crate) marks: Vec<Mark>,
    pub(crate) was: Vec<LitStr>,
    pub(crate) mask: bool,
    pub(crate) fill: Option<Literal>,
}

/// The columns by which a document is found.
#[derive(Default)]
pub(crate) struct Id {
    /// Their positions.
    pub(crate) columns: Vec<usize>,
    /// The word `id` of `#[collection(id(…))]` and the fields that stand behind it.
    pub(crate) listed: Option<(Ident, Vec<Ident>)>,
}

/// An index over columns, by position.
pub(crate) struct Index {
    /// The word that asks for it.
    pub(crate) key: Ident,
    pub(crate) columns: Vec<usize>,
    /// The words that name the columns in `#[collection(…)]`; none for a mark.
    pub(crate) listed: Vec<Ident>,
    pub(crate) unique: bool,
    pub(crate) filter: Option<LitStr>,
}

/// One field of the cold tier's partition.
pub(crate) struct Partition {
    pub(crate) transform: Ident,
    pub(crate) number: Option<u32>,
    /// The word that names the source.
    pub(crate) source: Ident,
    /// The position of the column; none for the object's id.
    pub(crate) column: Option<usize>,
}

/// One column of the cold tier's sort order.
pub(crate) struct Sort {
    /// The word that names the source.
    pub(crate) source: Ident,
    /// The position of the column; none for the object's id.
    pub(crate) column: Option<usize>,
    pub(crate) descending: bool,
}

impl<'a> Collection<'a> {
    pub(crate) fn new(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        shape::check(ctxt, input);
        let options = StructOptions::parse(ctxt, &input.attrs);
        let fields = named_fields(input).into_iter();
        let columns = fields.filter_map(|field| Column::new(ctxt, field, &input.ident));
        let (skipped, columns) = columns.partition(|column: &Column| column.has(Kind::Skip));
        let mut collection = Self {
            input,
            krate: options.krate.clone().unwrap_or_else(|| parse_quote!(::terrace)),
            name: Name::new(options.name.as_ref(), &input.ident, |ident| snake_case(&ident)),
            columns,
            skipped,
            id: Id::default(),
            indexes: Vec::new(),
            partition: Vec::new(),
            sort: Vec::new(),
            merge_on_read: options.merge_on_read.is_some(),
            capture: options.capture.unwrap_or("Full"),
            cache_seconds: options.cache_seconds,
            snapshot: options.snapshot,
            columnar: options.columnar.unwrap_or_default(),
        };
        resolve::resolve(ctxt, &mut collection, options);
        collection
    }

    /// The struct's name.
    pub(crate) fn ident(&self) -> &'a Ident {
        &self.input.ident
    }

    /// The struct's name as text.
    pub(crate) fn title(&self) -> String {
        self.ident().unraw().to_string()
    }

    /// The position of the `#[version]` column.
    pub(crate) fn version(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.has(Kind::Version))
    }
}

impl<'a> Column<'a> {
    fn new(ctxt: &Ctxt, field: &'a Field, of: &Ident) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let options = FieldOptions::parse(ctxt, field);
        Some(Self {
            field,
            ident,
            ty: types::without_self(field.ty.to_token_stream(), of),
            name: Name::new(options.name.as_ref(), ident, |ident| ident),
            marks: options.marks,
            was: options.was,
            mask: options.mask,
            fill: options.fill,
        })
    }

    /// The type as it is written.
    pub(crate) fn written(&self) -> &'a Type {
        &self.field.ty
    }

    /// The field's name as text.
    pub(crate) fn title(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The mark of this kind.
    pub(crate) fn mark(&self, kind: Kind) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.kind == kind)
    }

    /// Whether the field is marked so.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.mark(kind).is_some()
    }
}

/// The fields of a struct that has named ones.
fn named_fields(input: &DeriveInput) -> Vec<&Field> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().collect(),
            Fields::Unnamed(_) | Fields::Unit => Vec::new(),
        },
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    }
}
