//! An app that has users already: its own guard stays, and with it every route. What the guard
//! believes is now a verified token, and for the time of the change an old API key too.
//!
//! ```sh
//! cargo run --example migration
//! curl -H 'X-Api-Key: k-alice' http://127.0.0.1:8000/account    # as before
//! bearer() { echo "Authorization: Bearer $(cargo run -q -- token --sub "$1")"; }
//! curl -H "$(bearer alice)" http://127.0.0.1:8000/account       # from now on
//! curl -i -H "$(bearer bob)" http://127.0.0.1:8000/account      # 403: a good token of no user
//! ```

use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::{Ignite, Rocket, Sentinel, async_trait, get, launch, routes};
use rocket_bearer::{AuthedUser, Bearer, Rejection, abort_as_guard};

/// The app's user, as its routes have always taken it.
struct User(&'static str);

/// The table of users: the `sub` of their tokens, their old API key, their name.
const USERS: [(&str, &str, &str); 1] = [("alice", "k-alice", "Alice")];

#[async_trait]
impl<'r> FromRequest<'r> for User {
    type Error = Rejection;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
        let user = if let Some(key) = request.headers().get_one("X-Api-Key") {
            // Goes when the last API key is gone.
            USERS.iter().find(|(_, its_key, _)| *its_key == key)
        } else {
            let caller: AuthedUser = try_outcome!(AuthedUser::from_request(request).await);
            USERS.iter().find(|(sub, ..)| caller.claims().sub.as_deref() == Some(*sub))
        };
        match user {
            Some((.., name)) => Outcome::Success(Self(name)),
            None => Rejection::InsufficientScope { needs: None }.refuse(request),
        }
    }
}

/// Without it a launch that forgot `Bearer` succeeds, and then answers 500; and `public_only` would not
/// count the guard, for it may let everyone in.
impl Sentinel for User {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        abort_as_guard::<Self>(rocket, "an old API key, or the token of a user")
    }
}

#[get("/account")]
fn account(user: User) -> String {
    format!("the account of {}\n", user.0)
}

#[launch]
fn rocket() -> _ {
    let rocket = rocket::build().attach(Bearer::fairing());
    rocket.register("/", rocket_bearer::catchers()).mount("/", routes![account])
}
