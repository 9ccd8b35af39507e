// Nothing of the standard prelude is in scope: generated code names everything by its whole path.
#![no_implicit_prelude]

mod shop {
    #[derive(::terrace::Embed)]
    pub enum Status {
        Open,
        Paid,
    }

    #[derive(::terrace::Embed)]
    pub struct Cents(pub i64);

    #[derive(::terrace::Collection)]
    #[collection(index(status, total), partition(bucket(4, object)), cache = "60s")]
    pub struct Order {
        #[id]
        pub id: ::terrace::Id<Order>,
        pub status: Status,
        #[column(fill = 0)]
        pub total: Cents,
        #[json]
        pub lines: ::std::vec::Vec<::std::string::String>,
        #[version]
        pub version: u32,
        #[was("note")]
        pub remark: ::std::option::Option<::std::string::String>,
        #[skip]
        pub dirty: bool,
    }
}

fn main() {
    use ::terrace::Collection as _;
    let _ = shop::Order::COLUMNS.status.eq(shop::Status::Paid).and(shop::Order::COLUMNS.total.gt(shop::Cents(5)));
    let _ = shop::Status::Open;
}
