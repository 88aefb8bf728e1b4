//! Several issuers, set up in code: customers by Auth0, our own machines by a key set on disk.
//!
//! ```sh
//! cargo run --example issuers
//! TOKEN=$(cargo run -q -- token --sub build-server)
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/whose
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/machines
//! ```
//!
//! An issuer that cannot be reached does not stop the launch; its tokens get 503 until it can. In
//! `Rocket.toml` the same is `[default.bearer.issuers.customers]` with `domain = "…"`, and so on.

use std::time::Duration;

use rocket::{get, launch, routes};
use rocket_bearer::{AuthedUser, Authorized, Bearer, Config, Invalid, Issuer, Needs, Requirement};

const MACHINES: &str = "https://issuer.localhost/";

/// A token of this issuer, whoever else is trusted.
struct OurMachine;

impl Requirement for OurMachine {
    const NEEDS: Needs = Needs::Claim { name: "iss", value: MACHINES };
}

#[get("/whose")]
fn whose(user: AuthedUser) -> String {
    format!("signed by {}\n", user.claims().iss)
}

#[get("/machines")]
fn machines(_machine: Authorized<OurMachine>) -> &'static str {
    "beep\n"
}

fn config() -> Result<Config, Invalid> {
    let machines = Issuer::with_file(MACHINES, "keys/jwks.json", ["image"])?.named("machines")?;
    let customers = Issuer::auth0("tenant.eu.auth0.com", ["https://api.example"])?;
    Config::new(machines).also(customers.named("customers")?)?.leeway(Duration::from_secs(10))
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .attach(Bearer::with(config().expect("these values are constants")))
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![whose, machines])
}
