//! How long a token may be, and how much may stand in it.

use serde_json::json;

use crate::support::{self, Signer, but, good_claims};
use crate::{GRANTED, UNPARSABLE, assert_verdicts, client};

#[test]
fn a_token_of_the_most_bytes_is_read_and_one_with_one_more_is_not() {
    let key = Signer::of("EdDSA");
    // A part of any length but one over a multiple of four can be base64url.
    let of_length = |bytes: usize| {
        let tokens = (0..4).flat_map(|pad| (0..4).map(move |more| (pad, more)));
        let mut tokens = tokens.map(|(pad, more)| {
            let header = but(key.header(), json!({ "x": "x".repeat(pad) }));
            let empty = key.token(&header, &but(good_claims(), json!({ "x": "" })));
            let fill = (bytes - empty.len()) / 4 * 3 + more;
            key.token(&header, &but(good_claims(), json!({ "x": "x".repeat(fill) })))
        });
        tokens.find(|token| token.len() == bytes).unwrap()
    };
    for most in [1_000, 2_047, 2_048, 2_049, 16_383, 16_384, 16_385, 50_000] {
        let config = support::config(key.set()).max_token_bytes(most as u64).unwrap();
        let client = client(config);
        assert_verdicts(
            &client,
            [
                ("as long as may be", of_length(most), GRANTED),
                ("one more", of_length(most + 1), UNPARSABLE),
            ],
        );
    }
}

#[test]
fn a_member_that_stands_twice_is_found_among_many() {
    let key = Signer::of("EdDSA");
    let client = client(support::config(key.set()));
    let members: String = (0..30).map(|number| format!(r#""a{number}":0,"#)).collect();
    let with =
        |text: String, last: &str| text.replacen('{', &format!("{{{members}\"{last}\":0,"), 1);
    let (header, claims) = (key.header().to_string(), good_claims().to_string());
    for (last, verdict) in
        [("z", GRANTED), ("a0", UNPARSABLE), ("a15", UNPARSABLE), ("a29", UNPARSABLE)]
    {
        assert_verdicts(
            &client,
            [
                ("in the header", key.token_of(with(header.clone(), last), &claims), verdict),
                ("in the claims", key.token_of(&header, with(claims.clone(), last)), verdict),
            ],
        );
    }
}
