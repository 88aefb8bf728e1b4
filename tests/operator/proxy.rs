//! `jwks.no_proxy`: which hosts are asked without the proxy, and how they are written.

use crate::assert_refused;
use crate::program::{Folder, run};
use crate::support::issuer::MockIssuer;

fn fetched(jwks_uri: &str) -> String {
    format!(
        "[default.bearer]\naudience = 'image'\nissuer = 'https://mine.invalid/'\n\
         jwks_uri = '{jwks_uri}'\n"
    )
}

#[test]
fn hosts_that_are_asked_without_the_proxy_are_said_in_a_file_and_in_a_variable() {
    let elsewhere = fetched("https://10.255.255.1/set");
    let elsewhere = format!("{elsewhere}jwks.timeout = 1\n");
    let proxy = MockIssuer::start();
    let with_proxy = ("BEARER_JWKS__PROXY", proxy.url.as_str());
    let in_file = |said: &str| format!("{elsewhere}jwks.no_proxy = {said}\n");
    let variable = |said| ("BEARER_JWKS__NO_PROXY", said);
    for (file, variables, is_asked) in [
        (elsewhere.clone(), vec![], true),
        (in_file("'10.255.255.1'"), vec![], false),
        (in_file("['a.test', '10.255.255.1']"), vec![], false),
        (in_file("['a.test', '10.255.255.10']"), vec![], true),
        (elsewhere.clone(), vec![variable("a.test, 10.255.255.1")], false),
        (elsewhere.clone(), vec![variable("[\"10.255.255.1\"]")], false),
        (in_file("'10.255.255.1'"), vec![variable("a.test")], true),
        (in_file("'10.255.255.1'"), vec![variable("")], false),
    ] {
        let before = proxy.heads().len();
        let variables = [vec![with_proxy], variables].concat();
        run(Folder::with(&file).path(), &variables, &["check"]);
        let heads = proxy.heads().split_off(before);
        let was_asked = heads.iter().any(|head| head.starts_with("CONNECT 10.255.255.1:443 "));
        assert_eq!(was_asked, is_asked, "{file}{variables:?}");
    }
}

#[test]
fn a_host_of_no_proxy_that_is_none_stops_the_launch_and_says_what_to_write() {
    let remote = fetched("https://a.test/set");
    let with_proxy = format!("{remote}jwks.proxy = 'http://proxy.test'\n");
    let alone = "write names and addresses alone, each in full, as `[\"issuer.internal\",";
    for (host, problem) in [
        ("https://s3cr3t.test", "has a URL for a host"),
        ("s3cr3t.test/path", "has a path or a network for a host"),
        ("10.0.0.0/8", "has a path or a network for a host"),
        ("s3cr3t.test:443", "has a host with a port"),
        ("[fd00::1]:443", "has a host with a port"),
        ("*", "has a pattern for a host"),
        ("*.s3cr3t.test", "has a pattern for a host"),
        (".s3cr3t.test", "has a pattern for a host"),
        ("s3cr3t test", "has white space in a host"),
        ("me@s3cr3t.test", "has what is no host"),
    ] {
        let file = format!("{with_proxy}jwks.no_proxy = ['a.test', '{host}']\n");
        let place = "`no_proxy` in [default.bearer.jwks] of";
        assert_refused(&file, &[], &[place, problem, alone]);
        let variable = ("BEARER_JWKS__NO_PROXY", &*format!("a.test,{host}"));
        assert_refused(&with_proxy, &[variable], &["`BEARER_JWKS__NO_PROXY`", problem, alone]);
    }
    let empty = format!("{with_proxy}jwks.no_proxy = []\n");
    assert_refused(&empty, &[], &["`no_proxy` in", "is an empty list; name at least one"]);
    assert_refused(&with_proxy, &[("BEARER_JWKS__NO_PROXY", "[]")], &["is an empty list"]);
    assert_refused(&with_proxy, &[("BEARER_JWKS__NO_PROXY", "a.test,,")], &["what is no host"]);
    let listed_in_one = format!("{with_proxy}jwks.no_proxy = 'a.test,s3cr3t.test'\n");
    assert_refused(&listed_in_one, &[], &["has what is no host", alone]);

    let without = "has no `jwks.proxy` to make exceptions of; name the proxy as `jwks.proxy`";
    for (file, variables) in [
        (format!("{remote}jwks.no_proxy = 's3cr3t.test'\n"), &[][..]),
        (remote.clone(), &[("BEARER_JWKS__NO_PROXY", "s3cr3t.test")]),
        // Neither an empty variable nor the environment's names one.
        (remote.clone(), &[("BEARER_JWKS__NO_PROXY", "a.test"), ("BEARER_JWKS__PROXY", "")]),
        (remote.clone(), &[("BEARER_JWKS__NO_PROXY", "a.test"), ("HTTPS_PROXY", "http://b.test")]),
    ] {
        let times = format!("{file}jwks.stale = 100000\n");
        for file in [file, times] {
            assert_refused(&file, variables, &[without]);
        }
    }
}
