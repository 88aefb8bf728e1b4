// Writing a user down instead of taking one from the request.
use rocket_bearer::{AuthedUser, Claims};

fn forged(claims: Claims) -> AuthedUser {
    AuthedUser { claims: claims.into() }
}

fn main() {}
