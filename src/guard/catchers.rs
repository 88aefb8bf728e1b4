//! How an app answers refusals: the catchers, and what guards and catchers of its own call. The fairing
//! adds the challenge.

use std::borrow::Cow;
use std::io::Cursor;

use rocket::catcher::{BoxFuture, Catcher};
use rocket::http::Status;
use rocket::request::{Outcome, Request};
use rocket::response::{self, Responder, Response};

use super::record::{self, Record};
use super::refusal::{Body, Refusal};
use crate::rejection::Rejection;

/// Catchers for 400, 401, 403, 429, 500 and 503 that answer our refusals as JSON.
///
/// A failure that is not ours gets a neutral JSON of its status. Register them once, where your
/// guarded routes are mounted. Rocket launches with one catcher for a status and a base only: one
/// of your own goes elsewhere or in the place of ours, and keeps the challenge.
///
/// ```
/// use rocket::{catch, catchers};
///
/// #[catch(500)]
/// fn failed() -> &'static str {
///     "It is our fault, and we know."
/// }
///
/// let ours = rocket_bearer::catchers().into_iter().filter(|it| it.code != Some(500));
/// let rocket = rocket::build()
///     .register("/", ours.collect::<Vec<_>>())
///     .register("/", catchers![failed]);
/// ```
pub fn catchers() -> Vec<Catcher> {
    [400, 401, 403, 429, 500, 503].map(|code| Catcher::new(code, answer)).to_vec()
}

/// A handler by hand: the one that `#[catch]` makes copies each header of its answer.
fn answer<'r>(status: Status, request: &'r Request<'_>) -> BoxFuture<'r> {
    Box::pin(async move { JsonError::of(status, request).respond_to(request) })
}

/// A status with a JSON body of the shape that every refusal has.
pub(crate) struct JsonError {
    status: Status,
    body: Cow<'static, [u8]>,
}

impl JsonError {
    fn of(status: Status, request: &Request<'_>) -> Self {
        record::answered(status, request).map_or_else(
            || Self::neutral(status),
            |refusal| Self { status, body: refusal.rejection.body().as_bytes().into() },
        )
    }

    /// An error that has nothing to do with tokens: the name of the status, twice.
    pub(crate) fn neutral(status: Status) -> Self {
        let reason = status.reason_lossy();
        let code = reason.to_ascii_lowercase().replace([' ', '-'], "_").replace('\'', "");
        let body = Body { code: code.into(), description: format!("{reason}.").into() };
        Self { status, body: body.json().into_bytes().into() }
    }
}

impl<'r> Responder<'r, 'static> for JsonError {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(self.status)
            .raw_header("Content-Type", "application/json")
            .raw_header("Cache-Control", "no-store")
            .sized_body(self.body.len(), Cursor::new(self.body))
            .ok()
    }
}

impl Rejection {
    /// Refuses a request from within a guard of your own: status, body and challenge follow.
    ///
    /// ```
    /// use rocket::async_trait;
    /// use rocket::outcome::try_outcome;
    /// use rocket::request::{FromRequest, Outcome, Request};
    /// use rocket_bearer::{AuthedUser, Rejection};
    ///
    /// struct Editor;
    ///
    /// #[async_trait]
    /// impl<'r> FromRequest<'r> for Editor {
    ///     type Error = Rejection;
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
    ///         let user: AuthedUser = try_outcome!(AuthedUser::from_request(request).await);
    ///         if user.claims().permissions.iter().any(|it| it == "edit:pages") {
    ///             return Outcome::Success(Self);
    ///         }
    ///         Rejection::InsufficientScope { needs: None }.refuse(request)
    ///     }
    /// }
    /// ```
    pub fn refuse<T>(self, request: &Request<'_>) -> Outcome<T, Self> {
        Refusal::from(self).refuse(request)
    }

    /// Why one of our guards refused this request, for a catcher of your own.
    ///
    /// `None` if the request fails for another reason, which shows in its `status`. Where the
    /// statuses agree they cannot be told apart: after an `Option<AuthedUser>` that was refused, a
    /// handler's own 401 looks like ours.
    pub fn of(status: Status, request: &Request<'_>) -> Option<Self> {
        Record::of(request).answered(status).map(|refusal| refusal.rejection)
    }
}
