//! Findings on the store that instances share: whether it is in reach and takes what is asked of it.

use std::time::Duration;

use super::finding::{Finding, error, warning};
use crate::address::is_loopback_host;
use crate::cli::output::{CommandFailure, say};
use crate::store::{Store, StoreSettings, StoreState, Unavailable};

/// Prints the store, if there is one, and returns the findings on it.
pub(super) fn told(settings: &StoreSettings) -> Result<Vec<Finding>, CommandFailure> {
    let Some(store) = Store::of(settings)? else { return Ok(vec![]) };
    let (state, asked) = rocket::execute(async {
        let asked = ask(&store).await;
        (store.state(), asked)
    });
    say(&format!("store {store}"))?;
    say(&format!("  prefix      {}", settings.prefix))?;
    say(&format!("  state       {state}"))?;
    let mut findings: Vec<_> =
        asked.err().map(|fault| refused(fault, &state, settings)).into_iter().collect();
    findings.extend(state.server.eviction_fault().map(|fault| {
        warning(
            fault,
            "set it to `noeviction` (`CONFIG SET`, and in the file of its configuration)",
        )
    }));
    findings.extend(is_open(settings).then(|| {
        warning(
            "`store.redis` has no TLS, and its host is not this machine",
            "write `rediss://…` unless the network between is yours alone: what passes there, the password \
             included, can be read",
        )
    }));
    Ok(findings)
}

/// Asks all that an app asks; what it writes is gone in a millisecond.
async fn ask(store: &Store) -> Result<(), Unavailable> {
    store.connect().await?;
    let mut key = [0; 16];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| Unavailable::Refused)?;
    store.first_use(&key, Duration::from_millis(1)).await?;
    store.forget(&key, &key).await?;
    store.rule_log().await?.snapshot().await.map(|_| ())
}

fn refused(fault: Unavailable, state: &StoreState, settings: &StoreSettings) -> Finding {
    let because = match state.text.is_empty() {
        true => String::new(),
        false => format!(": {}", state.text),
    };
    // A Redis without TLS waits for the end of a line, and so says nothing to a handshake.
    let without_tls = match fault {
        Unavailable::Timeout if has_scheme(settings, "rediss") => {
            ", or `redis://` where it speaks no TLS"
        }
        _ => "",
    };
    error(format!("the store is {fault}{because}"), format!("{}{without_tls}", fault.cure()))
}

fn is_open(settings: &StoreSettings) -> bool {
    let host = settings.url.as_ref().and_then(|url| url.host_str());
    has_scheme(settings, "redis") && !host.is_some_and(is_loopback_host)
}

fn has_scheme(settings: &StoreSettings, scheme: &str) -> bool {
    settings.url.as_ref().is_some_and(|url| url.scheme() == scheme)
}
