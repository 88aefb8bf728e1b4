// Taking a user who was only authenticated for one who is authorised.
use rocket_bearer::{AuthedUser, Authorized, Requirement};

struct Delete;

impl Requirement for Delete {}

fn delete(_who: Authorized<Delete>) {}

fn handler(user: AuthedUser) {
    delete(user);
}

fn main() {}
