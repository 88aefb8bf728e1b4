//! Any octets as an issuer's metadata → where we would fetch its keys: of that issuer, by https, and
//! on this machine only if the issuer is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rocket_bearer::fuzzing::jwks_uri;
use serde_json::Value;
use url::{Host, Url};

fuzz_target!(|body: &[u8]| {
    for (issuer, is_here) in [("https://issuer.example/", false), ("http://127.0.0.1:1/", true)] {
        let Some(url) = jwks_uri(body, issuer, &Url::parse(issuer).unwrap()) else { continue };
        // Members that we do not read may hold what is no UTF-8.
        if let Ok(metadata) = serde_json::from_slice::<Value>(body) {
            assert_eq!(metadata["issuer"], issuer);
        }
        let leads_here = match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
            Some(Host::Ipv6(ip)) => {
                let ip = ip.to_canonical();
                ip.is_loopback() || ip.is_unspecified()
            }
            None => panic!("an address without a host: {url}"),
        };
        assert!(is_here || !leads_here, "{url}");
        assert!(url.scheme() == "https" || (leads_here && url.scheme() == "http"), "{url}");
    }
});
