//! `rediss://` by a certificate of an authority of one's own.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::BufReader;
use tokio_rustls::TlsAcceptor;

use super::fake::{self, well};
use super::server::RedisServer;
use crate::store::redis::Store;
use crate::store::{StoreSettings, Unavailable};

const TTL: Duration = Duration::from_secs(60);

/// The certificate of a server named `localhost`, its key, and the authority that vouches for it.
struct Files {
    _folder: TempDir,
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key, ca] =
        ["redis.pem", "redis.key", "ca.pem"].map(|it| folder.path().join(it));
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &authority).unwrap();
    fs::write(&certificate, own.pem()).unwrap();
    fs::write(&key, own_key.serialize_pem()).unwrap();
    fs::write(&ca, authority.pem()).unwrap();
    Files { _folder: folder, certificate, key, authority: ca }
}

/// The first use of a key by way of `host`, and by the authority where it is named.
async fn used(host: &str, port: u16, authority: Option<&PathBuf>) -> Result<bool, Unavailable> {
    let settings = StoreSettings::default().redis(&format!("rediss://{host}:{port}")).unwrap();
    let settings = match authority {
        Some(path) => settings.ca_file(path),
        None => settings,
    };
    let store = Store::of(&settings).unwrap().unwrap();
    store.connect().await?;
    store.first_use(&[1; 32], TTL).await
}

/// `cargo test --features rocket/tls` gives the process two providers and installs neither.
#[tokio::test]
async fn tls_asks_no_provider_of_the_process() {
    let files = files();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = vec![CertificateDer::from_pem_file(&files.certificate).unwrap()];
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(fake::converse(BufReader::new(stream), well));
            }
        }
    });
    assert_eq!(used("localhost", port, Some(&files.authority)).await, Ok(true));
    assert_eq!(used("localhost", port, None).await, Err(Unavailable::Tls));
    assert_eq!(used("127.0.0.1", port, Some(&files.authority)).await, Err(Unavailable::Tls));
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_named_and_nowhere_else() {
    let files = files();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = port.to_string();
    let [certificate, key] = [&files.certificate, &files.key].map(|it| it.to_str().unwrap());
    let options = ["--tls-port", &text, "--tls-cert-file", certificate, "--tls-key-file", key];
    let options = [&options[..], &["--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]];
    let Some(server) = RedisServer::start(&options.concat()).await else { return };
    assert_eq!(used("localhost", port, Some(&files.authority)).await, Ok(true));
    assert_eq!(used("localhost", port, None).await, Err(Unavailable::Tls));
    assert_eq!(used("127.0.0.1", port, Some(&files.authority)).await, Err(Unavailable::Tls));
    drop(server);
}

#[test]
fn an_authority_that_is_none_stops_the_launch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    for (content, problem) in [
        (None, "cannot be read"),
        (Some(""), "has no certificate in it"),
        (Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "is no PEM"),
    ] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let settings = StoreSettings::default().redis("rediss://localhost").unwrap().ca_file(&path);
        let error = Store::of(&settings).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains("`store.ca_file`"), "{error}");
    }
}
