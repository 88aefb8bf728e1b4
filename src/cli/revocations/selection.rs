//! The arguments that name a rule.

use clap::{ArgGroup, Args};

use crate::revocation::Rule;

/// Whose tokens a rule names.
#[derive(Args)]
#[command(group(
    ArgGroup::new("selector").required(true).args(["jti", "sid", "sub", "client", "all"])
))]
pub(super) struct Selection {
    /// The name of the issuer in the configuration [default: the only one]
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// The token with this `jti`
    #[arg(long, allow_hyphen_values = true)]
    jti: Option<String>,
    /// The tokens of this session
    #[arg(long, allow_hyphen_values = true)]
    sid: Option<String>,
    /// The tokens of this subject, usually a user
    #[arg(long, allow_hyphen_values = true)]
    sub: Option<String>,
    /// The tokens of this client: `azp`, `client_id`, `cid` or `appid`
    #[arg(long, allow_hyphen_values = true)]
    client: Option<String>,
    /// All tokens of the issuer
    #[arg(long)]
    all: bool,
}

impl Selection {
    pub(super) fn rule(&self) -> Rule {
        let rule = match (&self.jti, &self.sid, &self.sub, &self.client) {
            (Some(jti), ..) => Rule::jti(jti),
            (_, Some(sid), ..) => Rule::sid(sid),
            (_, _, Some(sub), _) => Rule::sub(sub),
            (.., Some(client)) => Rule::client(client),
            // The group asks for one of them.
            _ => Rule::all(),
        };
        match &self.issuer {
            Some(name) => rule.of_issuer(name),
            None => rule,
        }
    }
}
