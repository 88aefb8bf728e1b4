//! What is kept of a request: the verdict on its token, and the refusals that guards have said.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use parking_lot::Mutex;
use rocket::http::{Method, Status};
use rocket::request::{Outcome, Request};

use super::bearer::Credential;
use super::policy::Policy;
use super::possession::{Original, Possession};
use super::refusal::Refusal;
use crate::refusal_log::Line;
use crate::rejection::{Rejection, Told};
use crate::verifier::checks::Facts;
use crate::verifier::seconds_since_epoch;
use crate::verifier::verified::Verified;

/// The longest `sub` in a line of the log, in characters.
const LONGEST_SUB: usize = 128;

/// All that is kept of one request.
///
/// It stands in Rocket's request-local cache, which is write-once and found by type, so no other
/// crate can write it.
#[derive(Default)]
pub(super) struct Record {
    pub(super) verdict: OnceLock<Verdict>,
    refusals: Mutex<Refusals>,
    pub(super) possession: Possession,
    /// Set where request fairings saw a HEAD, before Rocket looked for a route for GET.
    head: OnceLock<()>,
}

/// The verdict on the token of a request; there is one, however many guards ask.
pub(super) struct Verdict {
    pub(super) judged: Result<Verified, Rejection>,
    /// When it was judged.
    pub(super) at: SystemTime,
    pub(super) facts: Facts,
}

#[derive(Default)]
struct Refusals {
    /// The last refusal with each status, where no later guard has overcome it.
    last: Vec<(Status, Refusal)>,
    /// Whether the request was answered with one of them. What guards say from then on, they say to
    /// a catcher or a response fairing.
    is_answered: bool,
    /// A bit for each rejection that was counted and logged, by its number.
    told: u64,
}

const _: () = assert!(Rejection::REASONS.len() <= 64, "`Refusals::told` has a bit for each");

/// The verdict on a request; its token is judged at the first call only.
pub(super) async fn verdict<'r>(request: &'r Request<'_>) -> Result<&'r Verdict, Refusal> {
    let Some(policy) = Policy::of(request.rocket()) else {
        tracing::error!("a route asks for an `AuthedUser`, but `Bearer` is not attached");
        return Err(Rejection::Misconfigured.into());
    };
    let slot = &Record::of(request).verdict;
    let verdict = match slot.get() {
        Some(verdict) => verdict,
        None => {
            let verdict = judge(request, policy).await;
            slot.get_or_init(|| verdict)
        }
    };
    // Asked last, since the request may have waited while keys were loaded.
    policy.check_place(request)?;
    Ok(verdict)
}

async fn judge(request: &Request<'_>, policy: &Policy) -> Verdict {
    let (at, mut facts) = (SystemTime::now(), Facts::default());
    let judged = authenticate(request, policy, at, &mut facts).await;
    Verdict { judged, at, facts }
}

async fn authenticate(
    request: &Request<'_>,
    policy: &Policy,
    now: SystemTime,
    facts: &mut Facts,
) -> Result<Verified, Rejection> {
    let Credential { scheme, token } = policy.credential(request)?;
    let judged = policy.verifier.authenticate(token, now, facts).await;
    if let Some(took) = facts.took {
        policy.metrics.judged(took);
    }
    let verified = judged?;
    policy.verifier.check_scheme(scheme, &verified)?;
    if let (Some(proofs), Some(_)) = (policy.verifier.proofs(), verified.bound_to()) {
        let (record, method) = (Record::of(request), sent_method(request));
        // The token may have waited for its key.
        let now = seconds_since_epoch(SystemTime::now());
        let store = policy.verifier.store();
        let check = record.possession.check(request, method, proofs, store, &verified, now);
        // In a box: a request without a proof should carry no room for its check.
        Box::pin(check).await?;
    }
    if let Some(issuer) = facts.issuer {
        policy.metrics.accept(issuer);
    }
    Ok(verified)
}

impl Refusal {
    /// Refuses a request with the status that the table in force has for the rejection.
    pub(crate) fn refuse<T>(self, request: &Request<'_>) -> Outcome<T, Rejection> {
        Outcome::Error(self.said(request))
    }

    /// The same for a guard that has an outcome of its own.
    pub(super) fn said(self, request: &Request<'_>) -> (Status, Rejection) {
        let table = Policy::of(request.rocket()).map(|policy| policy.answers.errors);
        let status = Status::new(self.rejection.status(table.unwrap_or_default()));
        self.said_as(status, request)
    }

    /// Refuses a request with this status.
    pub(crate) fn refuse_as<T>(
        self,
        status: Status,
        request: &Request<'_>,
    ) -> Outcome<T, Rejection> {
        Outcome::Error(self.said_as(status, request))
    }

    fn said_as(self, status: Status, request: &Request<'_>) -> (Status, Rejection) {
        let rejection = self.rejection;
        let record = Record::of(request);
        if rejection.told() == Told::AtOnce {
            record.tell(&self, status, request);
        }
        record.refusals.lock().keep(self, status);
        (status, rejection)
    }
}

impl Record {
    pub(super) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Whether the client sent HEAD, whatever Rocket has made of it.
    pub(super) fn was_head(&self) -> bool {
        self.head.get().is_some()
    }

    /// A guard has accepted the claims of the token: that they did not fit the type of an earlier
    /// guard is not why the request may yet fail.
    ///
    /// Missing rights are not overcome by a guard that asks for less.
    pub(super) fn overcome(&self) {
        let mut refusals = self.refusals.lock();
        if !refusals.is_answered {
            refusals.last.retain(|(_, it)| it.rejection != Rejection::MalformedClaim);
        }
    }

    /// The refusal that an answer with this status gives.
    pub(super) fn answered(&self, status: Status) -> Option<Refusal> {
        let mut refusals = self.refusals.lock();
        let refusal = refusals.of(status)?.clone();
        refusals.is_answered = true;
        Some(refusal)
    }

    /// Counts and logs a refusal, once for each reason.
    fn tell(&self, refusal: &Refusal, status: Status, request: &Request<'_>) {
        let Some(policy) = Policy::of(request.rocket()) else { return };
        let rejection = refusal.rejection;
        if self.refusals.lock().has_told(rejection) {
            return;
        }
        let issuer = self.verdict.get().and_then(|verdict| verdict.facts.issuer);
        policy.metrics.refuse(issuer, rejection);
        if policy.refusal_log.admits(rejection, Instant::now()) {
            self.log(refusal, status, request, policy);
        }
    }

    fn log(&self, refusal: &Refusal, status: Status, request: &Request<'_>, policy: &Policy) {
        let verdict = self.verdict.get();
        let issuer = verdict.and_then(|verdict| verdict.facts.issuer);
        let issuer = issuer.map(|number| policy.verifier.issuers()[number].name.as_str());
        let token = policy.credential(request);
        let kid = token.ok().and_then(|it| policy.verifier.unverified_kid(it.token));
        let route = request.route().map(|route| format!("{} {}", route.method, route.uri.path()));
        // Only the `sub` of an accepted token is known to be true.
        let verified = verdict.and_then(|verdict| verdict.judged.as_ref().ok());
        let sub = verified.filter(|_| policy.logs_sub).and_then(|it| it.claims().sub.as_ref());
        let sub: Option<String> = sub.map(|sub| sub.chars().take(LONGEST_SUB).collect());
        policy.refusal_log.write(&Line {
            rejection: refusal.rejection,
            status: status.code,
            issuer,
            unverified_kid: kid.as_deref(),
            route: route.as_deref(),
            request_id: request.headers().get_one("X-Request-Id"),
            sub: sub.as_deref(),
            detail: refusal.detail.as_deref(),
        });
    }
}

impl Refusals {
    /// The last refusal with this status.
    fn of(&self, status: Status) -> Option<&Refusal> {
        self.last.iter().find(|(said, _)| *said == status).map(|(_, refusal)| refusal)
    }

    fn keep(&mut self, refusal: Refusal, status: Status) {
        if !self.is_answered {
            self.last.retain(|(said, _)| *said != status);
            self.last.push((status, refusal));
        }
    }

    /// Whether this rejection was told before; from now on it was.
    fn has_told(&mut self, rejection: Rejection) -> bool {
        let bit = 1 << rejection.number();
        let told = self.told & bit != 0;
        self.told |= bit;
        told
    }
}

/// The refusal of ours that a request is answered with, if its answer has the status of one; it is
/// counted and logged, where that has not happened yet.
pub(crate) fn answered(status: Status, request: &Request<'_>) -> Option<Refusal> {
    let record = Record::of(request);
    let refusal = record.answered(status)?;
    record.tell(&refusal, status, request);
    Some(refusal)
}

/// Lets a proof be judged for the request that a gateway asks about, not for the gateway's own; where that
/// is not known, a proof is refused.
pub(crate) fn judge_for(request: &Request<'_>, original: Option<Original>) {
    let _ = Record::of(request).possession.original.set(original);
}

/// Whether the client of this request should get a new nonce with an answer of this status.
pub(crate) fn needs_new_nonce(status: Status, request: &Request<'_>) -> bool {
    let record = Record::of(request);
    record.possession.has_old_nonce.get().is_some()
        || record
            .refusals
            .lock()
            .of(status)
            .is_some_and(|it| it.rejection == Rejection::NonceRequired)
}

/// The method as the client sent it. Rocket answers HEAD by a route for GET; what a form says in `_method`
/// has taken the place of POST before any fairing sees it.
pub(crate) fn sent_method(request: &Request<'_>) -> Method {
    if Record::of(request).was_head() { Method::Head } else { request.method() }
}

/// Keeps in mind that this request came to the fairings as a HEAD.
pub(crate) fn note_head(request: &Request<'_>) {
    let _ = Record::of(request).head.set(());
}

/// Whether the request was [noted](note_head) as such.
pub(crate) fn was_head(request: &Request<'_>) -> bool {
    Record::of(request).was_head()
}
