//! For which URL a proof has to be: the configured base and the path as received.

use rocket_bearer::AuthedUser;

use super::*;

#[rocket::get("/", rank = 50)]
fn root(_user: AuthedUser) {}

#[rocket::get("/<_a>", rank = 50)]
fn one(_a: &str, _user: AuthedUser) {}

#[rocket::get("/<_a>/<_b>", rank = 50)]
fn two(_a: &str, _b: &str, _user: AuthedUser) {}

#[rocket::get("/<_a>/<_b>/<_c>", rank = 60)]
fn three(_a: &str, _b: &str, _c: &str, _user: AuthedUser) {}

fn client_at(bases: &[&str]) -> Client {
    let dpop = allowed().base(bases).unwrap();
    let app = app(config(dpop)).mount("/", rocket::routes![root, one, two, three]);
    Client::untracked(app).unwrap()
}

#[test]
fn htu_is_compared_as_rfc_3986_compares() {
    let client = client_at(&[BASE]);
    let token = bound();
    // The path as sent, `htu`, and the status.
    for (path, htu, expected) in [
        ("/a", "https://api.example/a", 200),
        ("/a", "HTTPS://API.EXAMPLE/a", 200),
        ("/a", "https://api.example:443/a", 200),
        ("/a", "https://api.example:/a", 200),
        ("/a", "https://api.example/a?b=c", 200),
        ("/a", "https://api.example/a#b", 200),
        ("/a?b=c", "https://api.example/a", 200),
        ("/a?b=c", "https://api.example/a?d=e", 200),
        ("/a", "https://api.example/x/../a", 200),
        ("/a", "https://api.example/x/%2e%2E/a", 200),
        ("/~a", "https://api.example/%7Ea", 200),
        ("/%7ea", "https://api.example/~a", 200),
        ("/a%2fb", "https://api.example/a%2Fb", 200),
        ("/a%2Fb", "https://api.example/a/b", 401),
        ("/a/b", "https://api.example/a%2Fb", 401),
        ("/a", "https://api.example/A", 401),
        ("/a", "https://api.example/a/", 401),
        ("/a/", "https://api.example/a", 401),
        ("/a/", "https://api.example/a/", 200),
        ("/a", "https://api.example//a", 401),
        ("/a", "https://api.example/a/b", 401),
        ("/a", "https://api.example/", 401),
        ("/a", "https://api.example", 401),
        ("/a", "http://api.example/a", 401),
        ("/a", "https://api.example:8443/a", 401),
        ("/a", "https://api.example.evil.example/a", 401),
        ("/a", "https://evil.example/a", 401),
        ("/a", "https://api.example@evil.example/a", 401),
        ("/a", "https://u@api.example/a", 401),
        ("/a", "https://u:p@api.example/a", 401),
        ("/a", "/a", 401),
        ("/a", "a", 401),
        ("/a", "", 401),
        ("/a", "//api.example/a", 401),
        ("/a", "https:/api.example/a", 401),
        ("/a", "https:api.example/a", 401),
        ("/a", "https:\\\\api.example\\a", 401),
        ("/a", "https://api.example\\a", 401),
        ("/a", " https://api.example/a", 401),
        ("/a", "https://api.example/a ", 401),
        ("/a", "https://api.example/a\n", 401),
        ("/a", "https://api.example/%61%", 401),
        ("/a", "https://api.example/%GG", 401),
        ("/a", "https://api.example/\u{430}", 401),
        ("/a", "https://\u{430}pi.example/a", 401),
        ("/a/../b", "https://api.example/b", 200),
        ("/a/../b", "https://api.example/a/../b", 200),
        ("/a/../b", "https://api.example/a", 401),
    ] {
        let proof = key().proof("GET", "x").claim("htu", htu).for_token(&token);
        let headers = vec![token.clone().into(), proof.into()];
        let status = send(&client, Method::Get, path, headers).status().code;
        assert_eq!(status, expected, "{path} {htu}");
    }
}

/// A proxy takes a prefix off the path; what a client says in `Host` or in a forwarded header makes no URL.
#[test]
fn the_base_is_configured_and_no_header_adds_to_it() {
    let prefixed = client_at(&["https://api.example/v1"]);
    let two = client_at(&["https://api.example", "https://other.example:8443/b"]);
    let token = bound();
    for (client, host, path, htu, expected) in [
        (&prefixed, "inner:8000", "/a", "https://api.example/v1/a", 200),
        (&prefixed, "inner:8000", "/a", "https://api.example/a", 401),
        (&prefixed, "inner:8000", "/a", "http://inner:8000/a", 401),
        (&prefixed, "api.example", "/../x/a", "https://api.example/x/a", 401),
        (&prefixed, "api.example", "/", "https://api.example/v1", 401),
        (&prefixed, "api.example", "/", "https://api.example/v1/", 200),
        (&two, "api.example", "/a", "https://api.example/a", 200),
        (&two, "API.example:443", "/a", "https://api.example/a", 200),
        (&two, "api.example", "/a", "https://other.example:8443/b/a", 401),
        (&two, "other.example:8443", "/a", "https://other.example:8443/b/a", 200),
        (&two, "other.example:8443", "/a", "https://api.example/a", 401),
        (&two, "other.example", "/a", "https://api.example/a", 200),
        (&two, "evil.example", "/a", "https://api.example/a", 200),
        (&two, "evil.example", "/a", "https://other.example:8443/b/a", 200),
        (&two, "evil.example", "/a", "https://evil.example/a", 401),
    ] {
        let proof = key().proof("GET", htu).for_token(&token);
        let headers = vec![
            token.clone().into(),
            proof.into(),
            Header::new("Host", host),
            Header::new("X-Forwarded-Host", "evil.example"),
            Header::new("X-Forwarded-Proto", "http"),
            Header::new("X-Forwarded-Prefix", "/v2"),
            Header::new("Forwarded", "host=evil.example;proto=http"),
        ];
        let status = send(client, Method::Get, path, headers).status().code;
        assert_eq!(status, expected, "{host} {path} {htu}");
    }
}
