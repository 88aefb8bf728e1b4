//! Which route is guarded by what, as far as Rocket lets it be seen.

use std::collections::BTreeSet;
use std::fmt;

use rocket::config::LogLevel;
use rocket::error::ErrorKind;
use rocket::http::Method;
use rocket::{Phase, Rocket, Route};

/// What a dry ignition shows of a route: a guard of ours, without [`Bearer`](crate::Bearer), aborts
/// it and is named.
///
/// Not seen is a guard that wraps ours and does not pass on its `Sentinel`: such a route is taken to
/// be public, and never the other way round.
#[derive(Debug, Clone)]
pub(crate) struct Audited {
    /// `GET /headers`.
    route: String,
    changes_state: bool,
    path: String,
    /// Guards that let nobody in without an accepted token.
    guards: BTreeSet<String>,
    /// Guards of ours that let others in too.
    optional: BTreeSet<String>,
}

/// Where our guards live; a name in there is one of ours.
const OURS: &str = "rocket_bearer::guard::";

/// Looks at every route that is mounted now. Only during ignition: it quietens Rocket's log, which
/// the end of the ignition sets up anew.
pub(crate) async fn audit<P: Phase>(rocket: &Rocket<P>) -> Vec<Audited> {
    let mut audited = vec![];
    for route in rocket.routes() {
        audited.push(Audited::of(route).await);
    }
    audited.sort_by(|one, other| (&one.path, &one.route).cmp(&(&other.path, &other.route)));
    audited
}

impl Audited {
    async fn of(route: &Route) -> Self {
        let config = rocket::Config { log_level: LogLevel::Off, ..rocket::Config::debug_default() };
        let scratch = rocket::custom(config).mount("/", [route.clone()]);
        let (mut guards, mut optional) = (BTreeSet::new(), BTreeSet::new());
        if let Err(error) = scratch.ignite().await
            && let ErrorKind::SentinelAborts(sentries) = error.kind()
        {
            for name in sentries.iter().map(|sentry| sentry.type_name) {
                match name.strip_prefix(OURS) {
                    Some(guard) if !guard.starts_with("OptionalUser") => guards.insert(short(name)),
                    _ if name.contains(OURS) => optional.insert(short(name)),
                    _ => false,
                };
            }
        }
        Self {
            route: name(route),
            changes_state: !matches!(route.method, Method::Get | Method::Head | Method::Options),
            path: route.uri.path().to_owned(),
            guards,
            optional,
        }
    }

    /// Whether it changes something, nothing guards it, and nobody said that this is meant.
    pub(crate) fn is_forgotten(&self, public: &[String]) -> bool {
        self.changes_state && self.guards.is_empty() && !public.contains(&self.path)
    }

    /// Whether this is what was found out about `route`.
    pub(crate) fn is_of(&self, route: &Route) -> bool {
        self.route == name(route)
    }
}

/// `GET /headers`.
pub(crate) fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.uri)
}

impl fmt::Display for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |names: &BTreeSet<String>| {
            names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        write!(f, "{:32} ", self.route)?;
        match (self.guards.is_empty(), self.optional.is_empty()) {
            (false, _) => f.write_str(&listed(&self.guards)),
            (true, false) => write!(f, "public, with {}", listed(&self.optional)),
            (true, true) => f.write_str("public, as far as can be seen"),
        }
    }
}

/// `a::Authorized<b::Read, c::Claims>` → `Authorized<Read, Claims>`.
fn short(type_name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for character in type_name.chars() {
        match character {
            ':' => word.clear(),
            it if it.is_alphanumeric() || it == '_' => word.push(it),
            it => {
                short.push_str(&std::mem::take(&mut word));
                short.push(it);
            }
        }
    }
    // The claims go without saying where they are the usual ones.
    (short + &word).replace(", Claims>", ">").replace("<Claims>", "")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_type_is_named_without_its_modules() {
        for (long, expected) in [
            ("rocket_bearer::guard::AuthedUser", "AuthedUser"),
            ("a::Authorized<(b::Read, c::Write)>", "Authorized<(Read, Write)>"),
            ("core::option::Option<a::AuthedUser>", "Option<AuthedUser>"),
        ] {
            assert_eq!(short(long), expected);
        }
    }
}
