//! TLS to a `rediss://` address: rustls on aws-lc, whatever else the process has.

use std::sync::Arc;

use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failure::Failure;
use crate::error::Error;
use crate::named_file::{NamedFile, read_regular};
use crate::store::unavailable::{TARGET, Unavailable};

/// The trusted authorities, and the name that the certificate must have.
pub(super) struct Tls {
    name: ServerName<'static>,
    authority: Option<NamedFile>,
    /// The last configuration that was good.
    config: Mutex<Arc<ClientConfig>>,
}

impl Tls {
    /// Refuses a `store.ca_file` that cannot be read or has no certificate.
    pub(super) fn new(host: &str, authority: Option<NamedFile>) -> Result<Self, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| {
            let what = "`store.redis` names a host that no certificate can name";
            Error::setting(what, "write the name that its certificate has").because(error)
        })?;
        let config = Mutex::new(config(authority.as_ref())?);
        Ok(Self { name, authority, config })
    }

    /// The TLS stream over this connection, by the certificates that `store.ca_file` has now.
    pub(super) async fn over(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let connector = TlsConnector::from(self.current());
        let connected = connector.connect(self.name.clone(), stream).await;
        connected.map_err(|error| Failure::new(Unavailable::Tls, &error.to_string()))
    }

    fn current(&self) -> Arc<ClientConfig> {
        let mut current = self.config.lock();
        if self.authority.is_some() {
            match config(self.authority.as_ref()) {
                Ok(read) => *current = read,
                Err(error) => {
                    let error = error.report();
                    tracing::warn!(target: TARGET, "{error}; what it held before is trusted");
                }
            }
        }
        current.clone()
    }
}

fn config(authority: Option<&NamedFile>) -> Result<Arc<ClientConfig>, Error> {
    let extra = authority.map_or(Ok(vec![]), certificates)?;
    // A provider of the process may be absent, or another: an app may bring one more.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        Verifier::new_with_extra_roots(extra, provider.clone()).map_err(
            |error| match authority {
                Some(file) => fault(&file.said, "has no certificate to trust").because(error),
                None => Error::setting(
                    "cannot prepare for `rediss://`: this system has no certificate authorities",
                    "install its package `ca-certificates`, or name a PEM file as `store.ca_file`",
                )
                .because(error),
            },
        )?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc has the suites of TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates(file: &NamedFile) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = read_regular(&file.path)
        .map_err(|error| fault(&file.unreadable, "cannot be read").because(error))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(fault(&file.said, "has no certificate in it")),
        Err(error) => Err(fault(&file.said, "is no PEM of certificates").because(error)),
    }
}

fn fault(said: &str, problem: &str) -> Error {
    let cure = "name as `store.ca_file` a PEM file with the certificate of your authority";
    Error::setting(format!("{said} {problem}"), cure)
}
