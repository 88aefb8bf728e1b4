//! Rules in a file: one a line, read strictly, replaced as a whole.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

use super::error::RevocationError;
use super::line;
use super::named::{Named, listed};
use super::rule_set::RuleSet;
use crate::error::Error;
use crate::keys::source::reserve::{Reserve, Spare};
use crate::named_file::{NamedFile, open_regular, shown_path, without_bom};
use crate::replaced_file::{folder, lock_in_time, real_path, replace, sweep};

/// The handles in reserve: connections that hold all others must not keep a rule from being read.
const RESERVE: usize = 1;

/// A file of rules.
pub(super) struct RulesFile {
    file: NamedFile,
    reserve: Arc<Reserve>,
}

/// What the content of a file is known by.
pub(super) type Digest = [u8; 32];

/// What a file holds.
pub(super) struct Content {
    pub(super) rules: RuleSet,
    pub(super) digest: Digest,
}

impl RulesFile {
    pub(super) fn new(file: NamedFile) -> Self {
        Self { file, reserve: Reserve::of(RESERVE) }
    }

    /// The path, for the operator.
    pub(super) fn place(&self) -> String {
        shown_path(&self.file.path)
    }

    /// The digest of the content; `None` where there is no file.
    pub(super) fn digest(&self) -> io::Result<Option<Digest>> {
        let digest = || {
            let Some(mut file) = absent_as_none(open_regular(&self.file.path))? else {
                return Ok(None);
            };
            let (mut context, mut chunk) = (Context::new(&SHA256), [0; 16_384]);
            loop {
                match file.read(&mut chunk)? {
                    0 => return Ok(Some(finished(context))),
                    octets => context.update(&chunk[..octets]),
                }
            }
        };
        self.in_need(digest)
    }

    /// The rules that are not past at `now`; `None` where there is no file.
    pub(super) fn read(
        &self,
        issuers: &[Named],
        most: usize,
        now: f64,
    ) -> Result<Option<Content>, Error> {
        let octets = || {
            let file = absent_as_none(open_regular(&self.file.path))?;
            file.map(|mut file| {
                let mut octets = vec![];
                file.read_to_end(&mut octets).map(|_| octets)
            })
            .transpose()
        };
        let cure = "let the server read it, or name another file in `revocation.file`";
        let octets = self.in_need(octets).map_err(|error| {
            Error::setting(format!("{} cannot be read", self.file.unreadable), cure).because(error)
        })?;
        let Some(octets) = octets else { return Ok(None) };
        let mut context = Context::new(&SHA256);
        context.update(&octets);
        let rules = parse(octets, issuers, most, now).map_err(|problem| {
            Error::setting(
                format!("{} is no file of rules: {problem}", self.file.said),
                "write one rule a line, as `{\"sub\":\"auth0|1\",\"until\":1790086400}`, or let \
                 `rocket-bearer revoke` write it",
            )
        })?;
        Ok(Some(Content { rules, digest: finished(context) }))
    }

    /// Waits for other writers, 9 s at most, and keeps them waiting until the lock is dropped.
    pub(super) fn lock(&self) -> Result<WriteLock<'_>, RevocationError> {
        let path = real_path(&self.file.path);
        let folder = File::open(folder(&path)).map_err(|error| self.unwritten(&error))?;
        lock_in_time(&folder).map_err(|error| self.unwritten(&error))?;
        sweep(&path);
        Ok(WriteLock { file: self, path, _folder: folder })
    }

    fn unwritten(&self, error: &io::Error) -> RevocationError {
        let NamedFile { unreadable, .. } = &self.file;
        RevocationError::Unwritten(format!("{unreadable} cannot be written: {error}"))
    }

    /// Reads with a handle of the reserve where the process has no other.
    fn in_need<T>(&self, read: impl Fn() -> io::Result<T>) -> io::Result<T> {
        let outcome = loop {
            match read() {
                Err(_) if self.reserve.give() == Spare::Given => {}
                outcome => break outcome,
            }
        };
        self.reserve.take_back();
        outcome
    }
}

/// What was seen of the file.
#[derive(Default)]
pub(super) struct Seen {
    /// The content whose rules are in force.
    pub(super) digest: Option<Digest>,
    /// A content that lacks rules and was seen once; they are in force until it is seen again.
    pub(super) shrunk: Option<Digest>,
    pub(super) problem: Option<Problem>,
}

pub(super) struct Problem {
    pub(super) fault: NotTaken,
    pub(super) is_told: bool,
}

/// Why the file is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotTaken {
    #[error("it is gone")]
    Gone,
    #[error("{0}")]
    Bad(String),
}

/// The right to write the file.
pub(super) struct WriteLock<'f> {
    file: &'f RulesFile,
    path: PathBuf,
    _folder: File,
}

impl WriteLock<'_> {
    /// Replaces the rules in the file, which are on disk when this returns; an error leaves it as it was.
    pub(super) fn write(
        &self,
        issuers: &[Named],
        rules: RuleSet,
    ) -> Result<Content, RevocationError> {
        let lines = listed(issuers, &rules)
            .into_iter()
            .map(|rule| serde_json::to_string(&rule).expect("a rule has texts and numbers") + "\n");
        let text: String = lines.collect();
        replace(&self.path, text.as_bytes()).map_err(|error| self.file.unwritten(&error))?;
        let mut context = Context::new(&SHA256);
        context.update(text.as_bytes());
        Ok(Content { rules, digest: finished(context) })
    }
}

fn absent_as_none<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

fn finished(context: Context) -> Digest {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 octets")
}

/// The rules of a text, joined, without those that are past. Blank lines are passed over. The error says
/// what is wrong and in which line, without a value.
fn parse(octets: Vec<u8>, issuers: &[Named], most: usize, now: f64) -> Result<RuleSet, String> {
    let octets = without_bom(octets);
    let text = str::from_utf8(&octets).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut rules = RuleSet::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let (issuer, selector, span) =
            line::parse(line, issuers).map_err(|problem| format!("line {number} {problem}"))?;
        if !span.is_past(now) {
            rules.add(issuer, &selector, span, now);
        }
        if rules.len() > most {
            return Err(format!("it has more than {most} rules (`revocation.rules`)"));
        }
    }
    Ok(rules)
}
