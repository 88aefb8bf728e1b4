// Asking for a type that says nothing of what it takes.
use rocket::{get, routes};
use rocket_bearer::Authorized;

struct ReadMessages;

#[get("/messages")]
fn messages(_reader: Authorized<ReadMessages>) {}

fn main() {
    let _ = routes![messages];
}
