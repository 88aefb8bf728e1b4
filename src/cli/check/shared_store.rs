//! Findings on the store that instances share: whether it is in reach and takes what is asked of it.

use std::time::Duration;

use url::Url;

use super::finding::{Finding, error, warning};
use crate::address::is_loopback;
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
        asked.err().map(|fault| refused(fault, &state)).into_iter().collect();
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

fn refused(fault: Unavailable, state: &StoreState) -> Finding {
    let because = match state.text.is_empty() {
        true => String::new(),
        false => format!(": {}", state.text),
    };
    error(format!("the store is {fault}{because}"), fault.cure())
}

fn is_open(settings: &StoreSettings) -> bool {
    let Some(url) = settings.url.as_ref().filter(|url| url.scheme() == "redis") else {
        return false;
    };
    // The host of a scheme that is not HTTP's is a mere text, an address of IPv4 too.
    let host = Url::parse(&format!("http://{}/", url.host_str().unwrap_or_default()));
    !host.is_ok_and(|url| is_loopback(&url))
}
