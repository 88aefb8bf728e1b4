//! Findings on revocation: rules that end before tokens do, and logouts that hit none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::finding::{Finding, warning};
use crate::config::{Config, LogoutBy};
use crate::revocation::USUAL_LIFE;
use crate::verifier::{Verifier, seconds_since_epoch};

/// The cure where a logout by session hits no token.
const BY_SUB: &str = "set `logout.by = \"sub\"`, which logs the user out of all sessions";

/// The findings on the tokens that an operator has shown.
pub(super) fn of_tokens(
    tokens: &[String],
    config: &Config,
    verifier: &Verifier,
    now: SystemTime,
) -> Vec<Finding> {
    tokens.iter().flat_map(|token| of_token(token.trim(), config, verifier, now)).collect()
}

fn of_token(token: &str, config: &Config, verifier: &Verifier, now: SystemTime) -> Vec<Finding> {
    let verified = match verifier.check(token, now, &mut ()) {
        Ok(verified) => verified,
        Err(rejection) => {
            let what = format!("a token is refused: {}", rejection.description());
            return vec![warning(what, "`rocket-bearer explain` says why")];
        }
    };
    let claims = verified.claims();
    let issuer = &config.issuers[verified.issuer()];
    let mut findings = vec![];
    let fit = verifier.revoking(&verified, now).filter(|fit| (fit.span.until as f64) < claims.exp);
    if let Some(fit) = fit {
        findings.push(warning(
            format!(
                "a token of {} is revoked by a rule by `{}` until {}, and lives until {}: it counts \
                 again in between",
                issuer.name,
                fit.kind,
                moment(fit.span.until as f64),
                moment(claims.exp)
            ),
            "make the rule anew with a longer `--for`",
        ));
    }
    let life = claims.exp - claims.iat.unwrap_or_else(|| seconds_since_epoch(now));
    if life > USUAL_LIFE.as_secs_f64() {
        findings.push(warning(
            format!(
                "tokens of {} live for {} days, and a rule by which they are revoked for 30, if nothing \
                 is said",
                issuer.name,
                (life / 86_400.0).ceil()
            ),
            "revoke them with a longer `--for`, or have the issuer make shorter ones",
        ));
    }
    let takes_logouts = !issuer.logout_clients.is_empty();
    if takes_logouts && life > config.logout.keep.as_secs_f64() {
        findings.push(warning(
            format!(
                "tokens of {} live for {} seconds, and the rule of a logout for {}",
                issuer.name,
                life.ceil(),
                config.logout.keep.as_secs()
            ),
            format!("set `logout.keep = {}`, or have the issuer make shorter ones", life.ceil()),
        ));
    }
    let has_sid = claims.get("sid").is_some_and(serde_json::Value::is_string);
    if takes_logouts && config.logout.by == LogoutBy::Sid && !has_sid {
        let what =
            format!("a token of {} has no `sid`, so no logout of a session hits it", issuer.name);
        findings.push(warning(what, BY_SUB));
    }
    findings
}

/// The findings on logouts of issuers whose access tokens name no session.
pub(super) fn of_logouts(config: &Config) -> Vec<Finding> {
    if config.logout.by != LogoutBy::Sid {
        return vec![];
    }
    // Only tenants of Auth0 have anonymous sessions.
    let of_auth0 = config.issuers.iter().filter(|issuer| issuer.anonymous.is_some());
    let with_logout = of_auth0.filter(|issuer| !issuer.logout_clients.is_empty());
    let what = |name: &str| {
        format!("logouts of {name} name a session, and Auth0's access tokens have no `sid`")
    };
    with_logout.map(|issuer| warning(what(&issuer.name), BY_SUB)).collect()
}

fn moment(seconds: f64) -> String {
    let at = UNIX_EPOCH + Duration::from_secs_f64(seconds.max(0.0));
    humantime::format_rfc3339_seconds(at).to_string()
}
