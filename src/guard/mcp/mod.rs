//! The data guard of an MCP server: a caller may call the tools that its body calls.

mod json_rpc;
pub(crate) mod needs;

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use rocket::data::{Data, FromData, Outcome, ToByteUnit as _};
use rocket::http::Status;
use rocket::request::Request;
use rocket::{Ignite, Rocket, Sentinel};

use self::needs::{McpNeeds, all, are_sound, of_calls};
use super::policy::Policy;
use super::refusal::Refusal;
use super::requirement::Unmet;
use super::sentinel::{self, Admits};
use super::user::AuthedUser;
use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::token::claims::Claims;

/// The largest body, in mebibytes.
const MOST_MEBIBYTES: u64 = 1;

const NOT_JSON: (Status, McpError) = (Status::UnsupportedMediaType, McpError::NotJson);
const TOO_LARGE: (Status, McpError) = (Status::PayloadTooLarge, McpError::TooLarge);
const MALFORMED: (Status, McpError) = (Status::BadRequest, McpError::Malformed);

/// A body of JSON-RPC whose sender may call all that it calls, for the endpoint of an MCP server.
///
/// It authenticates as [`AuthedUser`] does; without an accepted token nothing is read of the body. Then the
/// body is read, 1 MiB at most, and parsed once: one message or a batch, in which no object has a name twice,
/// at any depth. [`McpNeeds`] says what each tool needs; a batch needs all that its messages need, and what
/// is unknown needs the strictest. A caller that lacks a scope gets 403 and a challenge that names all scopes
/// of what it called. A token that expires, or is revoked, before its body has come is
/// refused. The handler gets the same text.
///
/// ```
/// use rocket::{http::Status, post};
/// use rocket_bearer::{McpNeeds, McpTools, Needs};
///
/// struct Files;
///
/// impl McpNeeds for Files {
///     const TOOLS: &'static [(&'static str, Needs)] = &[
///         ("read_file", Needs::Scope("files:read")),
///         ("write_file", Needs::Scope("files:write")),
///     ];
/// }
///
/// #[post("/mcp", data = "<call>")]
/// fn mcp(call: McpTools<Files>) -> Status {
///     let _message = call.body(); // for serde_json, or the MCP library of your choice
///     Status::Accepted
/// }
/// ```
///
/// What is no JSON-RPC is 400, more than 1 MiB 413, and another `Content-Type` than JSON, or a
/// `Content-Encoding`, 415. No error and no line of the log holds anything of the body.
pub struct McpTools<N> {
    user: AuthedUser,
    body: String,
    needs: PhantomData<fn() -> N>,
}

/// Why a body got no further than [`McpTools`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum McpError {
    /// The caller has no accepted token, or may not call what it calls.
    Rejected(Rejection),
    /// The `Content-Type` is not JSON, or the body has a `Content-Encoding`: 415.
    NotJson,
    /// The body has more than 1 MiB: 413.
    TooLarge,
    /// The body is no JSON-RPC, is not strict JSON, or ended early: 400.
    Malformed,
}

impl<N> McpTools<N> {
    /// The caller.
    pub fn user(&self) -> &AuthedUser {
        &self.user
    }

    /// The claims of the caller's token.
    pub fn claims(&self) -> &Claims {
        self.user.claims()
    }

    /// The body as it was sent: one message of JSON-RPC, or a batch.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The caller, and the body as it was sent.
    pub fn into_parts(self) -> (AuthedUser, String) {
        (self.user, self.body)
    }
}

#[rocket::async_trait]
impl<'r, N: McpNeeds> FromData<'r> for McpTools<N> {
    type Error = McpError;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        const {
            assert!(
                are_sound::<N>(),
                "a name stands twice in a table of `McpNeeds`, or a name in its `Needs` is empty, or holds a \
                 space, a quote or a backslash"
            )
        };
        let user = match AuthedUser::authenticate(request).await {
            Ok(user) => user,
            Err(refusal) => return refused(refusal.asking(const { &N::EVERY }), request),
        };
        let body = match read(request, data).await {
            Ok(body) => body,
            Err(error) => return Outcome::Error(error),
        };
        let needs = match json_rpc::calls(&body) {
            Ok(calls) => of_calls::<N>(&calls),
            Err(_) => return Outcome::Error(MALFORMED),
        };
        // The body may have taken any time.
        match authorize(request, &user, SystemTime::now(), needs) {
            Ok(()) => Outcome::Success(Self { user, body, needs: PhantomData }),
            Err(refusal) => refused(refusal, request),
        }
    }
}

fn refused<'r, T: FromData<'r, Error = McpError>>(
    refusal: Refusal,
    request: &Request<'_>,
) -> Outcome<'r, T> {
    let (status, rejection) = refusal.said(request);
    Outcome::Error((status, McpError::Rejected(rejection)))
}

/// The body, unless its head says already that it is none for us.
async fn read(request: &Request<'_>, data: Data<'_>) -> Result<String, (Status, McpError)> {
    let mut codings = request.headers().get("Content-Encoding");
    let is_plain = codings.all(|coding| coding.eq_ignore_ascii_case("identity"));
    if !is_plain || !request.content_type().is_some_and(|it| it.is_json()) {
        return Err(NOT_JSON);
    }
    let most = MOST_MEBIBYTES.mebibytes();
    let length = request.headers().get_one("Content-Length").and_then(|it| it.parse::<u64>().ok());
    if length.is_some_and(|length| length > most.as_u64()) {
        return Err(TOO_LARGE);
    }
    let body = data.open(most).into_bytes().await.map_err(|_| MALFORMED)?;
    if !body.is_complete() {
        return Err(TOO_LARGE);
    }
    String::from_utf8(body.into_inner()).map_err(|_| MALFORMED)
}

/// Judges the claims of a user by all of these needs, at this time.
fn authorize(
    request: &Request<'_>,
    user: &AuthedUser,
    now: SystemTime,
    needs: Vec<&'static Needs>,
) -> Result<(), Refusal> {
    let policy = Policy::of(request.rocket()).ok_or(Rejection::Misconfigured)?;
    if let Err(rejection) = still_counts(policy, user, now) {
        return Err(Refusal::from(rejection).asking_each(needs));
    }
    let at = policy.circumstances(now);
    let mut rejection = None;
    for one in &needs {
        let Err(unmet) = one.check(user.claims(), &at) else { continue };
        rejection.get_or_insert(unmet.refusal(one));
        // Without a grant, signing in again would not help.
        if unmet == Unmet::Grant {
            rejection = Some(unmet.refusal(one));
            break;
        }
    }
    rejection.map_or(Ok(()), |rejection| Err(Refusal::from(rejection).asking_each(needs)))
}

/// Whether an accepted token has neither expired nor been revoked by now.
fn still_counts(policy: &Policy, user: &AuthedUser, now: SystemTime) -> Result<(), Rejection> {
    if now >= user.expires_at() + policy.leeway {
        return Err(Rejection::Expired);
    }
    policy.verifier.unrevoked(user.verified.clone(), now, &mut ()).map(drop)
}

impl<N: McpNeeds> Sentinel for McpTools<N> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        if let Some(policy) = Policy::of(rocket).filter(|_| are_sound::<N>()) {
            policy.note_scopes(all::<N>().flat_map(Needs::scopes).collect());
        }
        sentinel::abort_asking::<Self>(rocket, Admits::TokensOnly, const { &N::EVERY })
    }
}

impl fmt::Display for McpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected(rejection) => rejection.description(),
            Self::NotJson => {
                "The body is not plain JSON by its `Content-Type` and `Content-Encoding`."
            }
            Self::TooLarge => "The body has more than 1 MiB.",
            Self::Malformed => "The body is no message of JSON-RPC 2.0.",
        })
    }
}

impl std::error::Error for McpError {}

/// Neither token, nor claims, nor body.
impl<N> fmt::Debug for McpTools<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpTools").finish_non_exhaustive()
    }
}
