//! Tests of a guarded app, without an issuer and without a network.
//!
//! ```toml
//! [dev-dependencies]
//! rocket-bearer = { version = "0.1", default-features = false, features = ["testing"] }
//! ```
//!
//! `cargo test --example offline_test`

use rocket::{get, launch, routes};
use rocket_bearer::{Authorized, Bearer, Needs, Requirement};

struct ReadMessages;

impl Requirement for ReadMessages {
    const NEEDS: Needs = Needs::Scope("read:messages");
}

#[get("/messages")]
fn messages(reader: Authorized<ReadMessages>) -> Option<String> {
    reader.claims().sub.clone()
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Bearer::fairing())
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![messages])
}

#[cfg(test)]
mod tests {
    use rocket::local::blocking::Client;
    use rocket_bearer::testing::TestIssuer;

    #[test]
    fn messages_are_for_who_may_read_them() {
        let issuer = TestIssuer::new();
        let client = Client::tracked(issuer.guards(super::rocket())).expect("the app launches");
        let reader = || issuer.token().subject("alice").scope("read:messages");
        for (token, status) in [
            (reader(), 200),
            (issuer.token(), 403),
            (reader().expired(), 401),
            (reader().wrong_audience(), 401),
        ] {
            let answer = client.get("/messages").header(token.clone()).dispatch();
            assert_eq!(answer.status().code, status, "{token:?}");
        }
        assert_eq!(client.get("/messages").dispatch().status().code, 401);
    }
}
