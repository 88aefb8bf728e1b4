//! What a caller must have been granted is a type, and a route's signature says it.
//!
//! ```sh
//! cargo run --example scopes
//! TOKEN=$(cargo run -q -- token --scope read:messages --permission delete:messages)
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/messages
//! curl -H "Authorization: Bearer $TOKEN" -X DELETE http://127.0.0.1:8000/messages
//! curl -i -H "Authorization: Bearer $(cargo run -q -- token)" http://127.0.0.1:8000/messages   # 403
//! ```

use rocket::{delete, get, launch, routes};
use rocket_bearer::{Authorized, Bearer, Claims, Needs, Requirement, requirement};

requirement!(
    /// A scope or a permission of this name.
    ReadMessages = "read:messages"
);

/// A permission; `admits` asks what no name can say.
struct DeleteMessages;

impl Requirement for DeleteMessages {
    const NEEDS: Needs = Needs::Permission("delete:messages");

    fn admits(claims: &Claims) -> bool {
        !claims.has_scope("read-only")
    }
}

#[get("/messages")]
fn read(reader: Authorized<ReadMessages>) -> String {
    format!("nothing new for {}\n", reader.claims().sub.as_deref().unwrap_or("you"))
}

/// Both of them.
#[delete("/messages")]
fn delete(_deleter: Authorized<(ReadMessages, DeleteMessages)>) -> &'static str {
    "gone\n"
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        // Launches only if nobody forgot a guard on a route that changes something.
        .attach(Bearer::fairing().public_only(["POST /login"]))
        .register("/", rocket_bearer::catchers())
        .mount("/", routes![read, delete])
}
