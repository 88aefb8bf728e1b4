//! A bound token: one changed octet of proof, method, path or token, and the request is refused.

use proptest::prelude::*;
use proptest::sample::Index;
use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rocket_bearer::testing::{Key, TestIssuer};
use rocket_bearer::{Algorithm, Bearer, Dpop, DpopMode, OriginalRequest};

use crate::support;

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::PS256, Algorithm::ES384];

/// What is sent with a bound token, in this order: proof, method, path, token.
type Sent = [String; 4];

/// One other octet in one of the four, one too many, or one too few.
#[derive(Debug, Clone)]
enum Change {
    Other(u8),
    More(u8),
    Fewer,
}

fn change() -> impl Strategy<Value = Change> {
    let visible = b'!'..=b'~';
    prop_oneof![
        8 => visible.clone().prop_map(Change::Other),
        1 => visible.prop_map(Change::More),
        1 => Just(Change::Fewer),
    ]
}

impl Change {
    /// `None` where it changes nothing.
    fn apply(&self, text: &str, place: Index) -> Option<String> {
        let mut octets = text.as_bytes().to_vec();
        let place = place.index(octets.len());
        match *self {
            Self::Other(octet) => octets[place] = octet,
            Self::More(octet) => octets.insert(place, octet),
            Self::Fewer => drop(octets.remove(place)),
        }
        (octets != text.as_bytes()).then(|| String::from_utf8(octets).unwrap())
    }
}

/// An app that is asked as by a gateway: there method and path are any texts.
fn client() -> Client {
    let dpop = Dpop::default().mode(DpopMode::Allowed).base(["https://api.example"]).unwrap();
    let config = TestIssuer::new().config().dpop(dpop);
    let config = config.original_request(OriginalRequest::XForwarded);
    let rocket = rocket_bearer::app::mounted_on(rocket::custom(support::figment()));
    Client::untracked(rocket.attach(Bearer::with(config))).unwrap()
}

thread_local! {
    static CLIENT: Client = client();
}

fn status([proof, method, path, token]: &Sent) -> Status {
    let headers = [
        ("Authorization", format!("DPoP {token}")),
        ("DPoP", proof.clone()),
        ("X-Forwarded-Method", method.clone()),
        ("X-Forwarded-Uri", path.clone()),
    ];
    CLIENT.with(|client| {
        let mut request = client.get("/auth");
        headers.into_iter().for_each(|(name, value)| request.add_header(Header::new(name, value)));
        request.dispatch().status()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]
    #[test]
    fn a_changed_octet_of_proof_method_path_or_token_is_refused(
        algorithm in 0..ALGORITHMS.len(),
        changes in prop::collection::vec((0..4_usize, change(), any::<Index>()), 1..12),
    ) {
        let key = Key::of(ALGORITHMS[algorithm]);
        let token = TestIssuer::new().token().bound_to(&key);
        let proof = key.proof("PATCH", "https://api.example/a/b~c;d").for_token(&token);
        let texts = [proof.to_string(), "PATCH".into(), "/a/b~c;d".into(), token.to_string()];
        for (which, change, place) in changes {
            let mut changed = texts.clone();
            let Some(text) = change.apply(&texts[which], place) else { continue };
            changed[which] = text;
            let status = status(&changed);
            prop_assert!([401, 503].contains(&status.code), "{status}: {changed:?}");
        }
        // Nothing of that has used the proof up, and it serves once.
        prop_assert_eq!(status(&texts), Status::NoContent);
        prop_assert_eq!(status(&texts), Status::Unauthorized);
    }
}
