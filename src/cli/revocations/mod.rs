//! `revoke` and `revocations`: rules by which tokens are revoked before they expire.

mod selection;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use tokio::time::timeout;

use super::configuration::{ProfileArgument, bearer_config};
use super::output::{CommandFailure, say, say_as_it_is, shown_text, tell};
use super::times;
use crate::config::Config;
use crate::named_file::shown_path;
use crate::printable::inert_json;
use crate::revocation::{RevocationError, Revocations, Rule};
use crate::store::Store;
use selection::Selection;

/// The longest wait of a command. The one for the lock of a file is shorter.
const PATIENCE: Duration = Duration::from_millis(9_500);

/// How long a rule lives if nothing is said.
const USUAL: &str = "30d";

/// Revoke tokens before they expire.
///
/// Prints the rule that is in force then, as it stands in the file. It joins the one of the same issuer
/// and value: the later `--before` counts (none beats any), and the later end.
#[derive(Args)]
#[command(
    override_usage = "rocket-bearer revoke [OPTIONS] --jti|--sid|--sub|--client ID\n       \
        rocket-bearer revoke [OPTIONS] --all",
    after_help = "Examples, at three in the morning:\n  \
    rocket-bearer revoke --sub 'auth0|1' --before now  # log a user out everywhere\n  \
    rocket-bearer revoke --client stolen-app           # no token of this client\n  \
    rocket-bearer revoke --all --before now            # everyone signs in anew\n\n\
    A running server obeys within two seconds. A rule has to live as long as the\nlongest token \
    that it fits.\n\nExit code 1: the rule was not made."
)]
pub(super) struct RevokeArguments {
    #[command(flatten)]
    selection: Selection,
    /// Only tokens issued up to this second: `now`, RFC 3339 or seconds since 1970 [default: all]
    #[arg(long, value_name = "TIME", value_parser = times::instant_or_now)]
    before: Option<SystemTime>,
    /// How long the rule lives
    #[arg(long = "for", value_name = "SPAN", value_parser = times::span, default_value = USUAL)]
    life: Duration,
    #[command(flatten)]
    profile: ProfileArgument,
}

/// List and remove the rules by which tokens are revoked.
#[derive(Args)]
#[command(after_help = "Example:\n  rocket-bearer revocations list")]
pub(super) struct RevocationsArguments {
    #[command(subcommand)]
    command: RevocationsCommand,
    #[command(flatten)]
    profile: ProfileArgument,
}

#[derive(Subcommand)]
enum RevocationsCommand {
    /// List the rules in force.
    #[command(after_help = "Example:\n  rocket-bearer revocations list --json")]
    List {
        /// Print one JSON array, of objects as they stand in the file
        #[arg(long)]
        json: bool,
    },
    /// Remove a rule: the tokens that it had revoked are accepted again.
    #[command(
        override_usage = "rocket-bearer revocations remove [OPTIONS] --jti|--sid|--sub|--client \
            ID\n       rocket-bearer revocations remove [OPTIONS] --all",
        after_help = "Example:\n  rocket-bearer revocations remove --sub 'auth0|1'\n\nExit code 1: \
        there is no such rule."
    )]
    Remove(Selection),
}

pub(super) fn revoke(arguments: &RevokeArguments) -> Result<(), CommandFailure> {
    let config = config(&arguments.profile)?;
    let revocations = writable(&config)?;
    let new_file = file_to_make(&config);
    let rule = arguments.selection.rule().until(SystemTime::now() + arguments.life);
    let rule = match arguments.before {
        Some(at) => rule.before(at),
        None => rule,
    };
    in_time(revocations.revoke(rule.clone()))?;
    if let Some(path) = new_file {
        tell(&format!(
            "Made {path}, which was not there: of the rules of a file that was lost, servers obey those in \
             this one alone."
        ));
    }
    match revocations.rules().into_iter().find(|it| it.is_of(&rule)) {
        Some(rule) => say_as_it_is(&json_line(&rule)),
        None => Ok(()),
    }
}

pub(super) fn run(arguments: &RevocationsArguments) -> Result<(), CommandFailure> {
    match &arguments.command {
        RevocationsCommand::List { json } => list(&arguments.profile, *json),
        RevocationsCommand::Remove(selection) => {
            let revocations = writable(&config(&arguments.profile)?)?;
            let rule = selection.rule();
            let is_removed = in_time(revocations.remove(rule.clone()))?;
            // With a shared store the file is only read.
            let stays = revocations.rules().iter().any(|it| it.is_of(&rule));
            if is_removed && !stays {
                tell("The rule is removed.");
                return Ok(());
            }
            let text = match stays {
                true => {
                    "the rule stands in `revocation.file`, which is only read beside `store.redis`"
                }
                false => "there is no such rule; `revocations list` shows those there are",
            };
            Err(text.to_owned().into())
        }
    }
}

fn list(profile: &ProfileArgument, as_json: bool) -> Result<(), CommandFailure> {
    let revocations = writable(&config(profile)?)?;
    in_time(async {
        revocations.refresh().await;
        revocations.check_known()
    })?;
    let rules = revocations.rules();
    if as_json {
        let lines: Vec<_> = rules.iter().map(|rule| format!("\n  {}", json_line(rule))).collect();
        let end = if lines.is_empty() { "]" } else { "\n]" };
        return say_as_it_is(&format!("[{}{end}", lines.join(",")));
    }
    if rules.is_empty() {
        tell("There are no rules.");
    }
    rules.iter().try_for_each(|rule| say(&told(rule)))
}

/// The outcome of what waits for Redis or for a lock. A deadline of many seconds that passes more than
/// once is longer than an operator should wait.
fn in_time<T>(
    call: impl Future<Output = Result<T, RevocationError>> + Send,
) -> Result<T, CommandFailure> {
    match rocket::execute(async { timeout(PATIENCE, call).await }) {
        Ok(outcome) => Ok(outcome?),
        Err(_) => {
            let text = "no answer in time; `revocations list` tells which rules are in force";
            Err(text.to_owned().into())
        }
    }
}

/// A configuration that says where rules are written.
fn config(profile: &ProfileArgument) -> Result<Config, CommandFailure> {
    let config = bearer_config(&profile.figment())?;
    config.tell_what_it_took();
    if config.revocation.file.is_some() || is_in_store(&config) {
        return Ok(config);
    }
    let text = "rules are kept nowhere but in the memory of each server; set `revocation.file` or, for \
                several servers, `store.redis`";
    Err(text.to_owned().into())
}

/// The rules where they are written.
fn writable(config: &Config) -> Result<Revocations, CommandFailure> {
    let store = Store::of(&config.store)?;
    Ok(Revocations::new(config.named_issuers(), &config.revocation, store.as_ref())?)
}

fn is_in_store(config: &Config) -> bool {
    config.revocation.in_store && config.store.url.is_some()
}

/// The path of the file that a first rule makes; `None` where there is a file, or another place.
fn file_to_make(config: &Config) -> Option<String> {
    let file = config.revocation.file.as_ref().filter(|_| !is_in_store(config))?;
    (!file.path.exists()).then(|| shown_path(&file.path))
}

/// `default  sub auth0|1  issued up to 2026-…  until 2026-…`
fn told(rule: &Rule) -> String {
    let name = rule.issuer.as_deref().unwrap_or_default();
    let value = rule.selector.value().map(|value| format!(" {}", shown_text(value)));
    let before = rule.before.map(|at| format!("  issued up to {}", moment(at)));
    let until = rule.until.map(|at| format!("  until {}", moment(at)));
    let [value, before, until] = [value, before, until].map(Option::unwrap_or_default);
    format!("{name}  {}{value}{before}{until}", rule.selector.name())
}

fn moment(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// The rule on one line, in which no character acts on a terminal.
fn json_line(rule: &Rule) -> String {
    inert_json(&serde_json::to_string(rule).expect("a rule has texts and numbers"))
}

impl From<RevocationError> for CommandFailure {
    fn from(error: RevocationError) -> Self {
        Self::Because(error.to_string())
    }
}
