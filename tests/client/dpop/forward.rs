//! Bound tokens at `/auth`: the proof is for the request that the gateway asks about.

use rocket::http::ContentType;
use rocket_bearer::OriginalRequest;

use super::*;

#[test]
fn a_gateway_tells_which_request_the_proof_is_for() {
    use OriginalRequest::{Path, Untold, XForwarded, XOriginal};
    let token = bound();
    let x_forwarded = [("X-Forwarded-Method", "PUT"), ("X-Forwarded-Uri", "/a?b=c")];
    let x_original = [("X-Original-Method", "PUT"), ("X-Original-URI", "/a?b=c")];
    let hosts = ("X-Forwarded-Host", "evil.example");
    let unavailable = (503, "internal_server_error");
    let bad = (401, "invalid_dpop_proof");
    for (told, path, headers, (method, url), expected) in [
        (Untold, "/auth", x_forwarded.to_vec(), ("PUT", "/a"), unavailable),
        (Untold, "/auth", vec![], ("GET", "/auth"), unavailable),
        (XForwarded, "/auth", x_forwarded.to_vec(), ("PUT", "/a"), (204, "")),
        (XForwarded, "/auth", [&x_forwarded[..], &[hosts]].concat(), ("PUT", "/a"), (204, "")),
        (
            XForwarded,
            "/auth?scope=x",
            x_forwarded.to_vec(),
            ("PUT", "/a"),
            (403, "insufficient_scope"),
        ),
        (XForwarded, "/auth", x_forwarded.to_vec(), ("GET", "/auth"), bad),
        (XForwarded, "/auth", x_forwarded.to_vec(), ("PUT", "/b"), bad),
        (XForwarded, "/auth", x_original.to_vec(), ("PUT", "/a"), unavailable),
        (XForwarded, "/auth", x_forwarded[..1].to_vec(), ("PUT", "/a"), unavailable),
        (XForwarded, "/auth", x_forwarded[1..].to_vec(), ("GET", "/a"), unavailable),
        (XForwarded, "/auth", [x_forwarded, x_forwarded].concat(), ("PUT", "/a"), unavailable),
        (
            XForwarded,
            "/auth",
            vec![("X-Forwarded-Method", "PUT"), ("X-Forwarded-Uri", "https://api.example/a")],
            ("PUT", "/a"),
            unavailable,
        ),
        (
            XForwarded,
            "/auth",
            vec![("X-Forwarded-Method", ""), ("X-Forwarded-Uri", "/a")],
            ("", "/a"),
            unavailable,
        ),
        (XOriginal, "/auth", x_original.to_vec(), ("PUT", "/a"), (204, "")),
        (XOriginal, "/auth", x_forwarded.to_vec(), ("PUT", "/a"), unavailable),
        (Path, "/auth/a/b", vec![], ("GET", "/a/b"), (200, "")),
        (Path, "/auth/a/b", vec![], ("GET", "/auth/a/b"), bad),
        (Path, "/auth", vec![], ("GET", "/"), unavailable),
        (Path, "/auth/a", x_forwarded.to_vec(), ("PUT", "/a"), bad),
    ] {
        let config = config(allowed()).original_request(told);
        let client = Client::untracked(app(config)).unwrap();
        let proof = key().proof(method, &format!("{BASE}{url}")).for_token(&token);
        let mut sent: Vec<Header<'static>> = vec![token.clone().into(), proof.into()];
        sent.extend(headers.iter().map(|(name, value)| Header::new(*name, *value)));
        let found = answered(send(&client, Method::Get, path, sent));
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{told:?} {path} {headers:?} {url}");
        // A plain token needs nothing of this.
        let plain = vec![rocket_bearer::testing::TestIssuer::new().token().into()];
        let status = send(&client, Method::Get, path.split('?').next().unwrap(), plain).status();
        assert!([200, 204].contains(&status.code), "{told:?} {path}");
    }
}

#[test]
fn the_method_at_a_path_is_the_clients_own() {
    let token = bound();
    let config = config(allowed()).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    for (method, named, expected) in [
        (Method::Head, "HEAD", 200),
        (Method::Head, "GET", 401),
        (Method::Delete, "DELETE", 200),
        (Method::Options, "OPTIONS", 200),
    ] {
        let proof = key().proof(named, "https://api.example/a").for_token(&token);
        let headers = vec![token.clone().into(), proof.into()];
        let status = send(&client, method, "/auth/a", headers).status().code;
        assert_eq!(status, expected, "{method}");
    }
}

/// A full or exhausted store is 503 at a gateway, which knows no 429.
#[test]
fn too_many_proofs_are_503_at_a_gateway() {
    let dpop = allowed().entries(200).unwrap();
    let config = config(dpop).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    let token = bound();
    let ask = || {
        let proof = key().proof("GET", "https://api.example/a").for_token(&token);
        let headers = vec![token.clone().into(), proof.into()];
        answered(send(&client, Method::Get, "/auth/a", headers))
    };
    for _ in 0..20 {
        assert_eq!(ask().0, 200);
    }
    assert_eq!(ask(), (503, "too_many_proofs".to_owned()));
}

/// nginx hands on the first challenge alone, before version 1.23.
#[test]
fn the_challenge_of_the_used_scheme_stands_first_at_a_gateway() {
    let config = config(allowed()).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    for (authorization, first) in [
        (format!("DPoP {}", bound()), "DPoP algs="),
        (format!("Bearer {}", bound()), "Bearer realm="),
        ("Basic YTpi".to_owned(), "Bearer realm="),
    ] {
        let headers = vec![Header::new("Authorization", authorization.clone())];
        let response = send(&client, Method::Get, "/auth/a", headers);
        let lines: Vec<_> = response.headers().get("WWW-Authenticate").collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with(first), "{authorization}: {lines:?}");
    }
}

/// Of two lines Firefox shows a script neither.
#[test]
fn a_page_is_told_both_challenges_in_one_line() {
    let config = config(allowed()).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    for (path, authorization, first, second) in [
        ("/headers", "Basic YTpi", "Bearer realm=\"api\", DPoP algs=\"", "realm=\"api\""),
        ("/headers", "Bearer a", "Bearer realm=\"api\", error=\"", "DPoP algs=\""),
        ("/headers", "DPoP a", "Bearer realm=\"api\", DPoP algs=\"", "error=\"invalid_token\""),
        ("/auth/a", "DPoP a", "DPoP algs=\"", "Bearer realm=\"api\""),
    ] {
        let lines = |more: &[(&'static str, &'static str)]| {
            let more = more.iter().map(|(name, value)| Header::new(*name, *value));
            let headers = [Header::new("Authorization", authorization)].into_iter().chain(more);
            challenges(&send(&client, Method::Get, path, headers.collect()))
        };
        let of_a_program = lines(&[]);
        assert_eq!(of_a_program.len(), 2, "{path} {authorization}: {of_a_program:?}");
        for of_a_page in [
            &[("Origin", "https://app.example")][..],
            &[("Origin", "null")],
            &[("Sec-Fetch-Mode", "cors")],
            &[("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Site", "same-origin")],
        ] {
            let told = lines(of_a_page);
            assert_eq!(told, [of_a_program.join(", ")], "{path} {authorization} {of_a_page:?}");
            assert!(told[0].starts_with(first) && told[0].contains(second), "{told:?}");
        }
    }
}

/// A form's `_method` takes the place of POST before any guard sees the request.
#[test]
fn a_body_that_a_gateway_passes_on_names_no_other_method() {
    let config = config(allowed()).original_request(OriginalRequest::Path);
    let client = Client::untracked(app(config)).unwrap();
    let token = bound();
    let ask = |method, body: &str, length: &str, proof_for: &str| {
        let proof = key().proof(proof_for, "https://api.example/a").for_token(&token);
        let mut request = client.req(method, "/auth/a").header(ContentType::Form).body(body);
        request.add_header(Header::from(token.clone()));
        request.add_header(Header::from(proof));
        request.add_header(Header::new("Content-Length", length.to_owned()));
        answered(request.dispatch()).0
    };
    for (method, body, length, proof_for, status) in [
        (Method::Post, "_method=PUT&a=bbbbbbb", "21", "PUT", 503),
        (Method::Post, "_method=DELETE&a=bbbb", "21", "DELETE", 503),
        (Method::Post, "_method=PUT&a=bbbbbbb", "21", "POST", 503),
        (Method::Post, "a=b", "3", "POST", 200),
        (Method::Put, "", "0", "PUT", 200),
        (Method::Put, "a=b", "3", "POST", 503),
    ] {
        assert_eq!(ask(method, body, length, proof_for), status, "{method} {body} {proof_for}");
    }
}
