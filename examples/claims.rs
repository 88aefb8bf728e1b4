//! Claims of your own, as Auth0 puts them into tokens: namespaced by a URL.
//!
//! ```sh
//! cargo run --example claims
//! TOKEN=$(cargo run -q -- token --sub 'auth0|42' --permission read:reports \
//!     --claim https://example.com/email=a@b.example --claim 'https://example.com/roles=["admin"]')
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/whoami
//! curl -i -H "Authorization: Bearer $(cargo run -q -- token)" http://127.0.0.1:8000/whoami   # 401
//! ```
//!
//! With a tenant: `ROCKET_PROFILE=auth0 BEARER_DOMAIN=tenant.eu.auth0.com BEARER_AUDIENCE=…`.

use rocket::serde::Deserialize;
use rocket::{get, launch, routes};
use rocket_bearer::{AuthedUser, Authorized, Bearer, Requirement};

/// A token without these is refused: a required field is a rule.
#[derive(Deserialize)]
#[serde(crate = "rocket::serde")] // not with a `serde` of your own
struct Member {
    sub: String,
    #[serde(rename = "https://example.com/email")]
    email: String,
    #[serde(rename = "https://example.com/roles", default)]
    roles: Vec<String>,
    /// From Auth0's role-based access control.
    #[serde(default)]
    permissions: Vec<String>,
}

struct Admin;

impl Requirement<Member> for Admin {
    fn admits(member: &Member) -> bool {
        member.roles.iter().any(|role| role == "admin")
    }
}

#[get("/whoami")]
fn whoami(user: AuthedUser<Member>) -> String {
    let Member { sub, email, permissions, .. } = user.claims();
    format!("{sub}, {email}, may {}\n", permissions.join(", "))
}

#[get("/admin")]
fn admin(_admin: Authorized<Admin, Member>) -> &'static str {
    "welcome\n"
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Bearer::fairing())
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![whoami, admin])
}
