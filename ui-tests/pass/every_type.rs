// Every type of the table in the documentation, alone and in an `Option`, and by the longest of its paths.
#![allow(unused_braces, unused_parens)]
use terrace::prelude::*;

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Unit {
    Only,
}

#[derive(Embed, Clone, Debug, PartialEq)]
struct Wrapped(Inner);

#[derive(Embed, Clone, Debug, PartialEq)]
struct Inner(String);

macro_rules! collection {
    ($($field:ident $optional:ident: $type:ty),* $(,)?) => {
        #[derive(Collection, Clone, Debug, PartialEq)]
        struct Everything {
            #[id]
            id: i64,
            $($field: $type, $optional: std::option::Option<$type>,)*
        }
    };
}

collection! {
    a a_: bool,
    b b_: i8,
    c c_: i16,
    d d_: i32,
    e e_: core::primitive::i64,
    f f_: u8,
    g g_: u16,
    h h_: u32,
    i i_: f32,
    j j_: f64,
    k k_: std::string::String,
    l l_: std::vec::Vec<u8>,
    m m_: [u8; 4],
    n n_: [u8; { 2 + 2 }],
    o o_: terrace::Uuid,
    p p_: terrace::Id<Everything>,
    q q_: Timestamp,
    r r_: Date,
    s s_: Decimal<10, 2>,
    t t_: Decimal<38, 0>,
    u u_: Unit,
    v v_: Wrapped,
    w w_: (i64),
}

fn main() {
    assert_eq!(Everything::SCHEMA.columns.len(), 1 + 2 * 23);
    assert!(Everything::SCHEMA.columns[1..].iter().enumerate().all(|(at, column)| column.nullable == (at % 2 == 1)));
    let _ = Db::open_in_memory(collections![Everything]).unwrap();
}
