// A requirement over claims that the route does not read.
use rocket::serde::Deserialize;
use rocket::{get, routes};
use rocket_bearer::{Authorized, Requirement};

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Member {
    age: u8,
}

struct Adult;

impl Requirement<Member> for Adult {
    fn admits(member: &Member) -> bool {
        member.age >= 18
    }
}

#[get("/bar")]
fn bar(_guest: Authorized<Adult>) {}

fn main() {
    let _ = routes![bar];
}
