// Writing a scope where a type is wanted.
use rocket::{get, routes};
use rocket_bearer::Authorized;

#[get("/messages")]
fn messages(_reader: Authorized<"read:messages">) {}

fn main() {
    let _ = routes![messages];
}
