//! The smallest guarded app: `cargo run --example guard`, then ask with a token.

use rocket::{get, launch, routes};
use rocket_bearer::{AuthedUser, Bearer};

#[get("/headers")]
fn headers(_user: AuthedUser) -> &'static str {
    "Access Granted"
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Bearer::fairing())
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![headers])
}
