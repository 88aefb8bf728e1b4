//! `check`: compares the configuration with what the issuers publish, without serving.

mod audience;
mod certificate;
mod claim_names;
mod finding;
mod key_set;
mod metadata;
mod no_load;
mod preset;
mod protected_resource;
mod published;
mod revocation;
mod shared_store;

use std::time::SystemTime;

use clap::Args;

use super::configuration::{ProfileArgument, bearer_config, rocket_config};
use super::key_age;
use super::output::{CommandFailure, say, shown_text};
use crate::guard::policy::trust;
use crate::verifier::Verifier;
use finding::{Finding, Subject, Weight};
use published::Published;

/// The most findings of one weight that are printed: an issuer may publish any number of keys.
const MOST_FINDINGS: usize = 20;

/// Validate the configuration, load every key set, and look for what is odd.
#[derive(Args)]
#[command(
    after_help = "Example:\n  export AUTH0_DOMAIN=tenant.eu.auth0.com API_AUDIENCE=image\n  \
    rocket-bearer check --profile auth0\n  rocket-bearer check --token \"$TOKEN\"\n\nExit code 1: there are errors, good tokens are refused \
    for them; 0: there is none, but perhaps a warning."
)]
pub(super) struct CheckArguments {
    /// Look at a token as well: whether it outlives the rules that revoke it, and whether a logout could
    /// hit it; may be repeated
    #[arg(long, value_name = "TOKEN")]
    token: Vec<String>,
    #[command(flatten)]
    profile: ProfileArgument,
}

pub(super) fn run(arguments: &CheckArguments) -> Result<(), CommandFailure> {
    let figment = arguments.profile.figment();
    rocket_config(&figment)?;
    let config = bearer_config(&figment)?;
    config.tell_what_it_took();
    let verifier = Verifier::trusting(&config, trust(&figment))?;
    rocket::execute(verifier.refresh());

    say(&format!("profile {}", shown_text(figment.profile().as_str().as_str())))?;
    let mut errors = 0;
    for (configured, loaded) in config.issuers.iter().zip(verifier.issuers()) {
        say(&loaded.details())?;
        preset::lines(configured).iter().try_for_each(|line| say(line))?;
        if loaded.is_ready()
            && let Some(keys) = key_age::told(&configured.source, &config.fetching)
        {
            say(&format!("  keys are    {keys}"))?;
        }
        let published = &rocket::execute(Published::by(configured, &config.fetching));
        let now = SystemTime::now();
        let leeway = config.leeway.as_secs();
        let all = verifier.issuers();
        for finding in findings(&Subject { configured, loaded, all, published, leeway, now }) {
            errors += usize::from(finding.weight == Weight::Error);
            tell(finding)?;
        }
    }
    for finding in shared_store::told(&config.store)? {
        errors += usize::from(finding.weight == Weight::Error);
        tell(finding)?;
    }
    revocation::of_logouts(&config).into_iter().try_for_each(tell)?;
    let seen = revocation::of_tokens(&arguments.token, &config, &verifier, SystemTime::now());
    seen.into_iter().try_for_each(tell)?;
    claim_names::of_headers(&config).into_iter().try_for_each(tell)?;
    protected_resource::findings(&config).into_iter().try_for_each(tell)?;
    config.token_header.as_deref().map(only_header).map_or(Ok(()), tell)?;
    match errors {
        0 => Ok(()),
        1 => Err("1 error".to_owned().into()),
        errors => Err(format!("{errors} errors").into()),
    }
}

fn tell(Finding { weight, what, cure }: Finding) -> Result<(), CommandFailure> {
    let kind = match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    };
    say(&format!("  {kind:11} {what}\n              {cure}"))
}

/// All findings on an issuer, errors first.
fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = metadata::findings(subject);
    findings.extend(key_set::findings(subject));
    findings.extend(audience::findings(subject.configured));
    findings.extend(anonymous(subject));
    findings.extend(preset::findings(subject.configured));
    findings.extend(claim_names::of_roles(subject.configured));
    findings.sort_by_key(|finding| finding.weight);
    findings.chunk_by(|one, next| one.weight == next.weight).flat_map(few).collect()
}

fn only_header(name: &str) -> Finding {
    Finding {
        weight: Weight::Note,
        what: format!("tokens are read from the header `{name}`, and `Authorization` is not"),
        cure: "let only the proxy that sets it reach this port, or leave `token_header` out where clients send \
               their tokens themselves"
            .to_owned(),
    }
}

fn anonymous(subject: &Subject<'_>) -> Option<Finding> {
    let Subject { configured, .. } = subject;
    let cure = match configured.anonymous {
        Some(false) => return None,
        Some(true) => "leave `anonymous` out if only users and clients may call",
        // Only a `domain` or a preset says that an issuer is a tenant of Auth0, whatever its host.
        None if !is_of_auth0(&configured.issuer) => return None,
        None if subject.is_discovered() => {
            "name the tenant by `domain`, or write `provider = \"auth0\"` beside it, if only users and clients may \
             call"
        }
        None => "write `provider = \"auth0\"` beside it, if only users and clients may call",
    };
    Some(Finding {
        weight: Weight::Note,
        what: "tokens of anonymous sessions are accepted, which prove no user".to_owned(),
        cure: cure.to_owned(),
    })
}

fn is_of_auth0(issuer: &str) -> bool {
    let host = issuer.trim_start_matches("https://").split('/').next().unwrap_or_default();
    host.ends_with(".auth0.com")
}

fn few(findings: &[Finding]) -> Vec<Finding> {
    let mut few = findings.to_vec();
    few.truncate(MOST_FINDINGS);
    let more = findings.len() - few.len();
    few.extend((more > 0).then(|| Finding {
        weight: findings[0].weight,
        what: format!("and {more} more"),
        cure: "look at the key set itself for the rest".to_owned(),
    }));
    few
}
