//! What an app does for proofs of possession (RFC 9449) beside judging them: what its launch tells, and the
//! nonces that answers carry.

use std::time::SystemTime;

use rocket::{Response, Shutdown};

use crate::dpop::ProofVerifier;
use crate::guard::Policy;
use crate::verifier::seconds_since_epoch;

/// Says at launch what is asked of proofs, and where one is known that was seen before.
pub(super) fn tell(proofs: &ProofVerifier, is_shared: bool) {
    let mode = if proofs.is_required { "required" } else { "allowed" };
    let bases: Vec<_> = proofs.bases.iter().map(|base| base.url("")).collect();
    let bases = bases.join(", ");
    let where_known = if is_shared { "on all instances" } else { "in this process" };
    log::warn!(
        target: "rocket::launch",
        "DPoP {mode}, for {bases}; each proof serves once {where_known}"
    );
    if proofs.nonces.are_its_own {
        tracing::warn!(
            "each process makes its own DPoP nonces: behind a balancer, give all the same \
             `dpop.nonce_key_file`"
        );
    }
}

/// Keeps the key of the nonces that instances share, in the background until the shutdown.
pub(super) fn keep_nonces(policy: &Policy, end: Shutdown) {
    let verifier = policy.verifier.clone();
    tokio::spawn(async move {
        if let (Some(proofs), Some(store)) = (verifier.proofs(), verifier.store()) {
            proofs.nonces.keep(store, end).await;
        }
    });
}

/// Tells the client which nonce to use from now on (RFC 9449 §8.2).
pub(super) fn tell_nonce(policy: &Policy, response: &mut Response<'_>) {
    let now = seconds_since_epoch(SystemTime::now());
    let nonce = policy.verifier.proofs().and_then(|proofs| proofs.nonces.current(now));
    if let Some(nonce) = nonce {
        response.set_raw_header("DPoP-Nonce", nonce);
        response.set_raw_header("Cache-Control", "no-store");
    }
}
