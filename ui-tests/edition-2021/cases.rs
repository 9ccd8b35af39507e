//! The derive in a crate of edition 2021: passing cases of `ui-tests`, compiled and run once more.

macro_rules! cases {
    ($($case:ident)*) => {$(
        mod $case {
            include!(concat!("../pass/", stringify!($case), ".rs"));

            #[test]
            fn passes() {
                main();
            }
        }
    )*};
}

cases! {
    everything every_fill every_id field_names keyword_columns options_spread raw_identifiers two_collections user_methods
    with_serde
}
