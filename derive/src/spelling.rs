//! Did you mean …? The nearest known word to one that was mistyped.

use crate::ctxt::Ctxt;

/// The word of `known` that `typed` was probably meant to be: at most two slips away, and fewer than its length.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |word: &&str| (slips(typed, word), word.len());
    let best = known.into_iter().min_by_key(near)?;
    let slips = slips(typed, best);
    (slips <= 2 && slips < best.chars().count()).then_some(best)
}

/// The lines that help with an unknown word: what it was meant to be if that can be guessed, and what there is.
pub(crate) fn hint(typed: &str, all: &str, known: &[&str]) -> String {
    let meant = nearest(typed, known.iter().copied())
        .map(|word| format!("\nhelp: did you mean `{word}`?"))
        .unwrap_or_default();
    let are = if known.len() == 1 { "is" } else { "are" };
    format!("{meant}\nnote: {all} {are} {}", list(known))
}

/// Reports that `key` is not one of `known`; `what` is one of them in words, `all` all of them.
pub(crate) fn unknown(ctxt: &Ctxt, key: &syn::Ident, what: &str, all: &str, known: &[&str]) {
    let typed = key.to_string();
    ctxt.error(key, format!("unknown {what} `{typed}`{}", hint(&typed, all, known)));
}

/// Words in backticks with commas.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// The optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 { i + j } else { step(&rows, &a, &b, i, j) };
        }
    }
    rows[a.len()][b.len()]
}

fn step(rows: &[Vec<usize>], a: &[char], b: &[char], i: usize, j: usize) -> usize {
    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
    let best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
    if swapped { best.min(rows[i - 2][j - 2] + 1) } else { best }
}

#[cfg(test)]
mod tests {
    use super::{nearest, slips};

    #[test]
    fn a_swap_is_one_slip() {
        assert_eq!(slips("dya", "day"), 1);
        assert_eq!(slips("", "day"), 3);
        assert_eq!(slips("plcaed", "placed"), 1);
    }

    #[test]
    fn the_nearest_word_is_proposed_and_a_far_one_is_not() {
        assert_eq!(nearest("stauts", ["placed", "status"]), Some("status"));
        assert_eq!(nearest("zzz", ["name", "id"]), None);
        assert_eq!(nearest("x", ["a"]), None);
    }
}
