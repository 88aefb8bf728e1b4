//! Request → verdict: its token judged, once.

use std::time::SystemTime;

use rocket::request::Request;

use super::policy::Policy;
use super::record::{Record, Verdict};
use super::refusal::Refusal;
use crate::rejection::Rejection;
use crate::verifier::checks::Facts;
use crate::verifier::verified::Verified;

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
    let token = policy.credential(request)?;
    let judged = policy.verifier.authenticate(token, now, facts).await;
    if let Some(took) = facts.took {
        policy.metrics.judged(took);
    }
    if let (Ok(_), Some(issuer)) = (&judged, facts.issuer) {
        policy.metrics.accept(issuer);
    }
    judged
}
