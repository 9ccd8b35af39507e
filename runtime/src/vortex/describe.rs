//! The encodings of a segment in words, for people: `dictionary(values: plain(lengths: constant), codes: packed)`.

use super::{
    bools::Bools,
    floats::Floats,
    ints::Ints,
    segment::{Body, Segment},
    strings::Texts,
    wide::Wides,
};

impl Segment<'_> {
    /// How the values are encoded, from the outside to the inside.
    #[must_use]
    pub fn encodings(&self) -> String {
        let values = match &self.body {
            Body::AllNull => "all-null".into(),
            Body::Bools(bools) => describe_bools(bools),
            Body::Ints(ints) => describe_ints(ints),
            Body::Floats(floats) => describe_floats(floats),
            Body::Texts(texts) => describe_texts(texts),
            Body::Wides(wides) => describe_wides(wides),
        };
        if self.validity.is_some() { format!("nullable({values})") } else { values }
    }
}

/// The name of an encoding with its parts.
fn named(name: &str, parts: &[(&str, String)]) -> String {
    let parts: Vec<String> = parts.iter().map(|(role, part)| format!("{role}: {part}")).collect();
    if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
}

fn ints<'a, 'b: 'a>(parts: &[(&'static str, &'a Ints<'b>)]) -> Vec<(&'static str, String)> {
    parts.iter().map(|&(role, part)| (role, describe_ints(part))).collect()
}

fn describe_ints(node: &Ints<'_>) -> String {
    named(node.encoding().name(), &ints(&node.children()))
}

fn describe_bools(node: &Bools<'_>) -> String {
    named(node.encoding().name(), &ints(&node.children()))
}

fn describe_floats(node: &Floats<'_>) -> String {
    named(node.encoding().name(), &ints(&node.children()))
}

fn describe_texts(node: &Texts<'_>) -> String {
    let mut parts: Vec<(&str, String)> =
        node.inner().iter().map(|(role, part)| (*role, describe_texts(part))).collect();
    parts.extend(node.numbers().iter().map(|(role, part)| (*role, describe_ints(part))));
    named(node.encoding().name(), &parts)
}

fn describe_wides(node: &Wides<'_>) -> String {
    let mut parts = Vec::new();
    if let Some((values, _)) = node.dictionary() {
        parts.push(("values", describe_wides(values)));
    }
    parts.extend(ints(&node.numbers()));
    named(node.encoding().name(), &parts)
}
