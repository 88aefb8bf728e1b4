//! The page itself: its HTML, the configuration in it, and the headers that keep it to itself.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};

use crate::dpop::ProofVerifier;
use crate::guard::Policy;

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");
const JS: &str = concat!(include_str!("page.js"), include_str!("proof.js"));

/// Offered where bound tokens are taken (RFC 9449).
const DPOP_FIELD: &str = "<label class=\"wide\"><input type=\"checkbox\" name=\"bound\"{checked}> Bind it to a key of \
    this page, which no script can read (DPoP)</label>\n";

/// The page, with headers by which it loads nothing, calls this server only, and stands in no frame.
pub(super) struct Document(String);

impl Document {
    /// The page of an app with this configuration, which offers these routes.
    pub(super) fn of(
        policy: &Policy,
        config: &rocket::Config,
        routes: impl Iterator<Item = &'static str>,
    ) -> Self {
        let header = policy.token_header();
        let proofs = policy.verifier.proofs();
        let options = routes.map(|route| format!("<option>{}</option>", escaped(route)));
        Self(
            HTML.replace("{css}", CSS)
                .replace("{js}", JS)
                .replace("{routes}", &options.collect::<String>())
                .replace("{token_header}", &escaped(header.unwrap_or_default()))
                .replace("{header_name}", &escaped(header.unwrap_or("Authorization")))
                .replace("{dpop_base}", &escaped(&proofs.map(bases).unwrap_or_default()))
                .replace("{dpop_field}", &proofs.map(dpop_field).unwrap_or_default())
                .replace("{configuration}", &configuration(policy, config)),
        )
    }
}

impl<'r> Responder<'r, 'static> for Document {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            hash(JS),
            hash(CSS)
        );
        Response::build()
            .header(ContentType::HTML)
            .raw_header("Content-Security-Policy", policy)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Referrer-Policy", "no-referrer")
            .raw_header("Cross-Origin-Opener-Policy", "same-origin")
            .raw_header("Cross-Origin-Resource-Policy", "same-origin")
            .sized_body(self.0.len(), std::io::Cursor::new(self.0))
            .ok()
    }
}

/// The URLs that proofs may name, each before the path, separated by spaces.
fn bases(proofs: &ProofVerifier) -> String {
    proofs.bases.iter().map(|base| base.url("")).collect::<Vec<_>>().join(" ")
}

fn dpop_field(proofs: &ProofVerifier) -> String {
    DPOP_FIELD.replace("{checked}", if proofs.is_required { " checked" } else { "" })
}

/// The configuration in force, as the rows of an HTML definition list.
fn configuration(policy: &Policy, config: &rocket::Config) -> String {
    let mut rows = vec![
        ("Profile".to_owned(), config.profile.to_string()),
        ("Address".to_owned(), format!("{}, port {}", config.address, config.port)),
    ];
    for issuer in policy.verifier.issuers() {
        let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
        let keys = issuer.keys.current();
        add("Issuer", format!("{} ({})", issuer.rules.issuer, issuer.name));
        add("Audience", issuer.rules.audiences());
        let algorithms: Vec<_> = issuer.algorithms.iter().map(|it| it.name()).collect();
        add("Algorithms", algorithms.join(", "));
        add("Keys", keys.keys().map_or_else(|| "none yet".to_owned(), |keys| keys.listed()));
        add("From", issuer.keys.place().to_owned());
        if let Some(most) = issuer.rules.max_age {
            add("Largest age", format!("{} s", most.as_secs()));
        }
    }
    rows.push(("Leeway".to_owned(), format!("{} s", policy.leeway.as_secs())));
    rows.push(("Statuses".to_owned(), format!("{:?}", policy.answers.errors).to_lowercase()));
    let row = |(name, value): (String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(&name), escaped(&value))
    };
    rows.into_iter().map(row).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
