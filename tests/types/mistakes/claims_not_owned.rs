// Claims that borrow: the request, and with it the token, is gone before they are.
use rocket::serde::Deserialize;
use rocket::{get, routes};
use rocket_bearer::AuthedUser;

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Member<'t> {
    sub: &'t str,
}

#[get("/me")]
fn me(user: AuthedUser<Member<'_>>) -> String {
    user.claims().sub.to_owned()
}

fn main() {
    let _ = routes![me];
}
