//! Compiles the cases in `fail/` and `pass/`: see the documentation of the crate.
//!
//! Two functions, because only without passing cases does trybuild check all failing ones in a single run of cargo.

#[test]
fn ui_fail() {
    trybuild::TestCases::new().compile_fail("fail/*/*.rs");
}

#[test]
fn ui_pass() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
