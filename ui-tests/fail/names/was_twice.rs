// The old column can become only one of the two.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    #[was("mail")]
    private: String,
    #[was("mail")]
    public: String,
}

fn main() {}
