//! The certificates of a private authority (`jwks.ca_file`), read again when their file changes.

use parking_lot::Mutex;
use reqwest::Certificate;

use crate::error::Error;
use crate::named_file::{NamedFile, read_regular};

/// A `jwks.ca_file`.
#[derive(Debug)]
pub(super) struct AuthorityFile {
    file: NamedFile,
    seen: Mutex<Seen>,
}

/// What was seen of the file last.
#[derive(Debug)]
struct Seen {
    /// The content that was read last, whole or broken.
    pem: Vec<u8>,
    is_unreadable: bool,
}

impl AuthorityFile {
    /// The file and its certificates. Refuses a file that cannot be read or has no certificate.
    pub(super) fn read(file: NamedFile) -> Result<(Self, Vec<Certificate>), Error> {
        let pem = read_regular(&file.path).map_err(|error| unreadable(&file).because(error))?;
        let certificates = certificates(&file, &pem)?;
        let seen = Mutex::new(Seen { pem, is_unreadable: false });
        Ok((Self { file, seen }, certificates))
    }

    /// The certificates, if the content has changed since the last look. A fault is told once.
    pub(super) fn read_again(&self) -> Option<Result<Vec<Certificate>, Error>> {
        let read = read_regular(&self.file.path);
        let mut seen = self.seen.lock();
        let was_unreadable = std::mem::replace(&mut seen.is_unreadable, read.is_err());
        match read {
            Ok(pem) if pem == seen.pem => None,
            Ok(pem) => {
                seen.pem = pem;
                Some(certificates(&self.file, &seen.pem))
            }
            Err(_) if was_unreadable => None,
            Err(error) => Some(Err(unreadable(&self.file).because(error))),
        }
    }
}

fn certificates(file: &NamedFile, pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(fault(&file.said, "has no certificate in it")),
        Err(error) => Err(fault(&file.said, "is no PEM of certificates").because(error)),
    }
}

fn unreadable(file: &NamedFile) -> Error {
    fault(&file.unreadable, "cannot be read")
}

fn fault(said: &str, problem: &str) -> Error {
    let cure = "name as `jwks.ca_file` a PEM file with the certificate of your authority";
    Error::setting(format!("{said} {problem}"), cure)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_change_is_told_once_whether_it_is_good_or_not() {
        let pem = || {
            let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            key.cert.pem()
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let (one, other) = (pem(), pem());
        fs::write(&path, &one).unwrap();
        let (authority, certificates) = AuthorityFile::read(path.clone().into()).unwrap();
        assert_eq!(certificates.len(), 1);

        let look = || authority.read_again().map(|it| it.map(|it| it.len()).map_err(|_| "fault"));
        for (name, content, told) in [
            ("the same", Some(one.clone()), None),
            ("another", Some(other.clone()), Some(Ok(1))),
            ("half of it", Some(one[..one.len() / 2].to_owned()), Some(Err("fault"))),
            ("nothing", Some(String::new()), Some(Err("fault"))),
            ("no file", None, Some(Err("fault"))),
            ("nothing, as before", Some(String::new()), None),
            ("both", Some(one + &other), Some(Ok(2))),
        ] {
            match content {
                Some(content) => fs::write(&path, content).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            assert_eq!(look(), told, "{name}");
            assert_eq!(look(), None, "{name}, again");
        }
    }
}
