//! Collects every error of one derive, so that the user sees all mistakes at once.
//!
//! A context has to be asked with [`Ctxt::check`] before it is dropped: an error that nobody reports is a bug here.

use std::cell::RefCell;

use quote::ToTokens;

/// The errors of one derive so far.
pub(crate) struct Ctxt {
    /// `None` once they were taken.
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Reports `message` with the caret on `guilty`. Further lines of the message begin with `help: ` or `note: `.
    pub(crate) fn error(&self, guilty: impl ToTokens, message: impl std::fmt::Display) {
        self.report(syn::Error::new_spanned(guilty, message));
    }

    /// Reports an error of the parser.
    pub(crate) fn report(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// All errors in one, or none.
    pub(crate) fn check(self) -> Result<(), syn::Error> {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        let combined = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        combined.map_or(Ok(()), Err)
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(
            std::thread::panicking() || self.errors.borrow().is_none(),
            "the errors of a derive were dropped without being reported"
        );
    }
}
