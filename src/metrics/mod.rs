//! The counters of an app, and their text for Prometheus.
//!
//! All sets of labels are known at launch, so each counter has its place in an array. Counting is one
//! relaxed addition, without a lock, an allocation or a look-up.

pub(crate) mod server;

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::rejection::Rejection;
use crate::verifier::Verifier;
use crate::verifier::issuer::TrustedIssuer;

const REASONS: usize = Rejection::REASONS.len();

/// Upper bounds in microseconds. An RSA signature takes about 20, a P-256 signature about 60.
const BOUNDS: [u64; 9] = [10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000];

/// The counters; they only ever go up.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Accepted requests, by the number of the issuer.
    accepted: Box<[AtomicU64]>,
    /// Refused requests likewise; the last entry is for tokens of unknown issuers.
    refused: Box<[[AtomicU64; REASONS]]>,
    judging: Histogram,
    /// Back-channel logouts, by the place of the outcome in [`LOGOUTS`].
    logouts: [AtomicU64; LOGOUTS.len()],
}

/// What becomes of a back-channel logout.
const LOGOUTS: [&str; 3] = ["obeyed", "refused", "unavailable"];

impl Metrics {
    pub(crate) fn new(issuers: usize) -> Self {
        let refused = || [const { AtomicU64::new(0) }; REASONS];
        Self {
            accepted: (0..issuers).map(|_| AtomicU64::new(0)).collect(),
            refused: (0..=issuers).map(|_| refused()).collect(),
            judging: Histogram::default(),
            logouts: Default::default(),
        }
    }

    pub(crate) fn accept(&self, issuer: usize) {
        self.accepted[issuer].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, issuer: Option<usize>, rejection: Rejection) {
        let issuer = issuer.unwrap_or(self.accepted.len());
        self.refused[issuer][rejection.number()].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the time that the checks of a token took which was not remembered.
    pub(crate) fn judged(&self, took: Duration) {
        self.judging.add(took);
    }

    /// Counts a back-channel logout; the error is one of [`LOGOUTS`].
    pub(crate) fn logged_out(&self, outcome: Result<(), &str>) {
        let word = outcome.err().unwrap_or(LOGOUTS[0]);
        for (known, count) in LOGOUTS.iter().zip(&self.logouts) {
            if *known == word {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// All counters, in the text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self, verifier: &Verifier) -> String {
        let mut page = Exposition::default();
        let issuers = verifier.issuers();
        let labelled = |issuer: &TrustedIssuer| format!("issuer=\"{}\"", issuer.name);

        page.metric("bearer_accepted_total", "counter", "Requests whose token was accepted.");
        for issuer in issuers {
            page.sample("", &labelled(issuer), read(&self.accepted[issuer.number]));
        }
        let help = "Requests that were refused; those that lack a scope were accepted before.";
        page.metric("bearer_refused_total", "counter", help);
        let names = issuers.iter().map(|issuer| issuer.name.as_str()).chain([""]);
        for (name, refused) in names.zip(&self.refused) {
            for (reason, count) in Rejection::REASONS.iter().zip(refused) {
                let labels = format!("issuer=\"{name}\",reason=\"{reason}\"");
                page.sample("", &labels, read(count));
            }
        }
        let help = "Time to judge a token that is not remembered, without waiting for keys.";
        page.metric("bearer_verification_seconds", "histogram", help);
        self.judging.write(&mut page);

        if let Some(cache) = verifier.cache() {
            let stats = cache.stats();
            for (name, kind, help, value) in [
                ("hits_total", "counter", "Tokens that were remembered.", stats.hits),
                ("misses_total", "counter", "Tokens that were not.", stats.misses),
                ("entries", "gauge", "Tokens that are remembered.", stats.entries as u64),
                ("bytes", "gauge", "What they count for in memory.", stats.bytes),
            ] {
                page.metric(&format!("bearer_cache_{name}"), kind, help);
                page.sample("", "", value);
            }
        }

        if let Some(proofs) = verifier.proofs() {
            let help = "DPoP proofs that this process remembers.";
            page.metric("bearer_dpop_proofs", "gauge", help);
            page.sample("", "", proofs.remembered());
        }

        page.metric("bearer_keys", "gauge", "Keys that may verify now.");
        for issuer in issuers {
            let keys = issuer.keys.current().keys().map_or(0, |keys| keys.kids().count());
            page.sample("", &labelled(issuer), keys);
        }
        page.metric("bearer_key_set_age_seconds", "gauge", "Since the last load that succeeded.");
        for issuer in issuers {
            if let Some(age) = issuer.keys.current().age() {
                page.sample("", &labelled(issuer), age.as_secs());
            }
        }
        page.metric("bearer_key_loads_total", "counter", "Attempts to load a key set.");
        for issuer in issuers {
            let (labels, counts) = (labelled(issuer), issuer.keys.counts());
            page.sample("", &format!("{labels},outcome=\"succeeded\""), read(&counts.succeeded));
            page.sample("", &format!("{labels},outcome=\"failed\""), read(&counts.failed));
        }
        let help = "Tokens whose `kid` was not at hand when they came.";
        page.metric("bearer_unknown_kids_total", "counter", help);
        for issuer in issuers {
            page.sample("", &labelled(issuer), read(&issuer.keys.counts().unknown_kids));
        }
        let help = "Rules by which tokens are revoked, by what they name.";
        page.metric("bearer_revocation_rules", "gauge", help);
        for (kind, count) in verifier.revocations().counts() {
            page.sample("", &format!("kind=\"{kind}\""), count);
        }
        page.metric("bearer_logouts_total", "counter", "Back-channel logouts by their outcome.");
        for (outcome, count) in LOGOUTS.iter().zip(&self.logouts) {
            page.sample("", &format!("outcome=\"{outcome}\""), read(count));
        }
        if let Some(age) = verifier.revocations().age() {
            let help = "Since the last contact to the shared store of the rules.";
            page.metric("bearer_revocation_age_seconds", "gauge", help);
            page.sample("", "", age.as_secs_f64());
        }

        if let Some(store) = verifier.store() {
            page.metric("bearer_store_in_reach", "gauge", "Whether the shared store answers.");
            page.sample("", "", u8::from(store.state().fault.is_none()));
            let help = "Questions that the shared store did not answer.";
            page.metric("bearer_store_failures_total", "counter", help);
            for (fault, count) in store.failures() {
                page.sample("", &format!("code=\"{}\"", fault.code()), count);
            }
        }
        page.text
    }
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// How often each span of time was measured.
#[derive(Debug, Default)]
struct Histogram {
    /// The last entry is for times above all bounds.
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Writes the buckets, each of which includes the shorter times.
    fn write(&self, page: &mut Exposition) {
        let mut sum = 0;
        let bounds = BOUNDS.map(|micros| (micros as f64 / 1e6).to_string());
        let bounds = bounds.into_iter().chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&self.counts) {
            sum += read(count);
            page.sample("_bucket", &format!("le=\"{bound}\""), sum);
        }
        page.sample("_sum", "", read(&self.nanoseconds) as f64 / 1e9);
        page.sample("_count", "", sum);
    }
}

/// The text so far. Nothing in it needs escaping: the names of issuers are plain.
#[derive(Default)]
struct Exposition {
    text: String,
    /// The metric that the next samples belong to.
    name: String,
}

impl Exposition {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.name = name.to_owned();
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, suffix: &str, labels: &str, value: impl Display) {
        let name = &self.name;
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        self.text.push_str(&format!("{name}{suffix}{labels} {value}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_its_bucket_and_in_all_above() {
        let histogram = Histogram::default();
        for nanoseconds in [1, 10_000, 10_001, 20_000, 100_000_000, 100_000_001] {
            histogram.add(Duration::from_nanos(nanoseconds));
        }
        let mut page = Exposition::default();
        page.metric("t", "histogram", "Times.");
        histogram.write(&mut page);
        let expected = "# HELP t Times.\n# TYPE t histogram\n\
            t_bucket{le=\"0.00001\"} 2\nt_bucket{le=\"0.00002\"} 4\nt_bucket{le=\"0.00005\"} 4\n\
            t_bucket{le=\"0.0001\"} 4\nt_bucket{le=\"0.0002\"} 4\nt_bucket{le=\"0.0005\"} 4\n\
            t_bucket{le=\"0.001\"} 4\nt_bucket{le=\"0.01\"} 4\nt_bucket{le=\"0.1\"} 5\n\
            t_bucket{le=\"+Inf\"} 6\nt_sum 0.200040003\nt_count 6\n";
        assert_eq!(page.text, expected);
    }
}
