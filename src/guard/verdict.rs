//! Request → verdict: one for each, however many guards ask, and what it was refused for at last.

use std::sync::OnceLock;
use std::time::SystemTime;

use parking_lot::{Mutex, MutexGuard};
use rocket::http::Status;
use rocket::request::{Outcome, Request};

use crate::fairing::refusal_log;
use crate::guard::bearer;
use crate::guard::policy::Gate;
use crate::rejection::Rejection;
use crate::verifier::checks::Facts;
use crate::verifier::verified::Verified;

/// More of a `sub` than this is in no log.
const LONGEST_SUB: usize = 128;

/// The verdict on a request; there is one, however many guards ask.
pub(crate) async fn verdict<'r>(request: &'r Request<'_>) -> Result<&'r Verdict, Rejection> {
    let Some(gate) = request.rocket().state::<Gate>() else {
        tracing::error!("a route asks for an `AuthedUser`, but `Bearer` is not attached");
        return Err(Rejection::Misconfigured);
    };
    let known = &known(request).verdict;
    let verdict = match known.get() {
        Some(verdict) => verdict,
        None => {
            let at = SystemTime::now();
            let mut facts = Facts::default();
            let judged = judge(request, gate, at, &mut facts).await;
            known.get_or_init(|| Verdict { judged, at, facts })
        }
    };
    // Only now: it may have waited for keys.
    if !gate.is_in_place(request.rocket().config()) {
        let detail = "development keys, but not the `debug` profile on a loopback `address`";
        refusal_log::note(request, detail);
        return Err(Rejection::Misconfigured);
    }
    if !gate.is_from_here(request) {
        refusal_log::note(request, "development keys, but `Host` is not this machine");
        return Err(Rejection::Misconfigured);
    }
    Ok(verdict)
}

pub(crate) struct Verdict {
    pub(crate) judged: Result<Verified, Rejection>,
    pub(crate) at: SystemTime,
    facts: Facts,
}

/// In the request-local cache, which is write-once, under a name that nobody else can write.
#[derive(Default)]
struct Known {
    verdict: OnceLock<Verdict>,
    /// What was last said no to, and by which status.
    last_refusal: Mutex<Option<(Rejection, Status)>>,
}

fn known<'r>(request: &'r Request<'_>) -> &'r Known {
    request.local_cache(Known::default)
}

/// What is known of the token of a request by now.
pub(crate) fn facts(request: &Request<'_>) -> Facts {
    known(request).verdict.get().map(|verdict| verdict.facts).unwrap_or_default()
}

/// Whose request was accepted, to be refused for something else.
pub(crate) fn sub(request: &Request<'_>) -> Option<String> {
    let verified = known(request).verdict.get()?.judged.as_ref().ok()?;
    Some(verified.claims().sub.as_ref()?.chars().take(LONGEST_SUB).collect())
}

async fn judge(
    request: &Request<'_>,
    gate: &Gate,
    now: SystemTime,
    facts: &mut Facts,
) -> Result<Verified, Rejection> {
    let token = bearer::credential(request.headers().get("Authorization"))?;
    let verdict = gate.verifier.authenticate(token, now, facts).await;
    if let Some(took) = facts.took {
        gate.meters.judged(took);
    }
    if let (Ok(_), Some(issuer)) = (&verdict, facts.issuer) {
        gate.meters.accept(issuer);
    }
    verdict
}

/// What was last said no to in a request, and by which status.
pub(crate) fn last_refusal<'r>(
    request: &'r Request<'_>,
) -> MutexGuard<'r, Option<(Rejection, Status)>> {
    known(request).last_refusal.lock()
}

impl Rejection {
    /// Refuses a request from within a guard of your own: status, body and challenge follow.
    ///
    /// ```
    /// # use rocket::{async_trait, request::{FromRequest, Outcome, Request}, outcome::try_outcome};
    /// # use rocket_bearer::{AuthedUser, Rejection};
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
        let table =
            request.rocket().state::<Gate>().map(|gate| gate.answers.errors).unwrap_or_default();
        self.refuse_as(Status::new(self.status(table)), request)
    }

    /// Refuses by this status, whatever the table in force says.
    pub(crate) fn refuse_as<T>(self, status: Status, request: &Request<'_>) -> Outcome<T, Self> {
        *last_refusal(request) = Some((self, status));
        Outcome::Error((status, self))
    }

    /// Why one of our guards refused this request, for a catcher of your own.
    ///
    /// `None` if the request fails for another reason, which shows in its `status`. Where the
    /// statuses agree they cannot be told apart: after an `Option<AuthedUser>` that was refused, a
    /// handler's own 401 looks like ours.
    pub fn of(status: Status, request: &Request<'_>) -> Option<Self> {
        let (rejection, said) = (*last_refusal(request))?;
        (said == status).then_some(rejection)
    }
}
