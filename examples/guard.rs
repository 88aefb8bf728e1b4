//! A guarded app in five minutes.
//!
//! ```sh
//! cargo run --example guard
//! curl -H "Authorization: Bearer $(cargo run -q -- token)" http://127.0.0.1:8000/headers
//! ```

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
