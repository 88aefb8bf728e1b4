//! What is told of proofs at launch and to clients, and the nonces that the instances share.

use std::time::{Duration, SystemTime};

use rocket::Response;

use crate::dpop::{ProofVerifier, SLOT};
use crate::store::Store;
use crate::verifier::{Verifier, seconds_since_epoch};

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
    if proofs.has_nonces_of_its_own {
        tracing::warn!(
            "each process makes its own DPoP nonces: behind a balancer, give all the same \
             `dpop.nonce_key_file`"
        );
    }
}

/// Tells the client which nonce to use from now on (RFC 9449 §8.2).
pub(super) fn tell_nonce(proofs: &ProofVerifier, response: &mut Response<'_>) {
    if let Some(nonce) = proofs.nonce(seconds_since_epoch(SystemTime::now())) {
        response.set_raw_header("DPoP-Nonce", nonce);
        response.set_raw_header("Cache-Control", "no-store");
    }
}

/// Asks the store once in a slot for the key of the nonces, until the end: an instance that began when the
/// store had lost it has another one.
pub(super) async fn keep_nonces(verifier: &Verifier, store: &Store, end: impl Future<Output = ()>) {
    let mut end = std::pin::pin!(end);
    while tokio::time::timeout(Duration::from_secs(SLOT), &mut end).await.is_err() {
        if let Some(proofs) = verifier.proofs() {
            proofs.learn_nonces(store).await;
        }
    }
}
