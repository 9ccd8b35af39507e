// A module of the user's is called as this crate is: generated paths begin at the root.
mod terrace {
    pub struct Collection;
}

#[derive(::terrace::Collection)]
struct Order {
    #[id]
    id: i64,
}

fn main() {
    let _ = (terrace::Collection, Order { id: 5 }.id);
}
