//! Values that stop `check`: the line that is to be written in their place launches.

use super::refused::{GOOD, assert_all_cured};

#[test]
fn a_name_and_a_value_are_cured_by_the_ones_that_are_shown() {
    assert_all_cured(
        GOOD,
        &[
            ("Leeway = 5", "did you mean `leeway`?", "leeway = 5"),
            ("role = 'groups'", "did you mean `roles`?", "roles = ['groups']"),
            ("jwks_timeout = 5", "did you mean `jwks.timeout`?", "jwks.timeout = 5"),
            ("cors_origins = []", "did you mean `cors.origins`?", "cors.origins = []"),
            ("jwks.timeot = 5", "did you mean `timeout`?", "jwks = { timeout = 5 }"),
            ("[default.bearer.metric]", "did you mean `metrics`?", "[default.bearer.metrics]"),
            (
                "[default.bearer.issuers.b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'\nleeway = 5",
                "write it outside of any, as `leeway`",
                "leeway = 5\n[default.bearer.issuers.b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'",
            ),
            (
                "[default.bearer.issuers.b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'\n\
                 log.sub = true",
                "write it outside of any, as `log`",
                "log.sub = true\n[default.bearer.issuers.b]\nissuer = 'https://b.test/'\n\
                 jwks_file = 'keys.json'",
            ),
            ("aud = 'image'", "remove it; the keys are", ""),
            (
                "[default.bearer.issuers.b]\nisuer = 'https://b.test/'\njwks_file = 'keys.json'",
                "did you mean `issuer`?",
                "[default.bearer.issuers.b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'",
            ),
            ("leeway = 301", "write a number from 0 to 300", "leeway = 300"),
            ("leeway = '5'", "without quotes", "leeway = 5"),
            ("leeway = 1.5", "digits only", "leeway = 1"),
            ("max_age = 0", "from 1", "max_age = 1"),
            ("max_age = '1h'", "without quotes or a unit", "max_age = 3600"),
            ("max_token_bytes = 0", "16384 is the default", "max_token_bytes = 16384"),
            ("cache = 100", "as a table", "cache = { tokens = 100 }"),
            ("cache.tokens = 10_000_001", "0 turns it off", "cache.tokens = 0"),
            ("errors = 'Auth0'", "`rfc6750` or `auth0`", "errors = 'auth0'"),
            ("errors = true", "in quotes", "errors = 'rfc6750'"),
            ("token_type = 'JWT'", "`any` or `at+jwt`", "token_type = 'any'"),
            ("kid = 'sometimes'", "`required` or `optional`", "kid = 'optional'"),
            ("realm = 'é'", "for instance `api`", "realm = 'api'"),
            ("token_header = 'Cookie'", "as `Cf-Access-Jwt-Assertion`", ""),
            ("roles = ['/a/~2']", "`~1` for `/`", "roles = ['/a/~1']"),
            ("roles = []", "name at least one", "roles = ['groups']"),
            (
                "roles = ['user_metadata']",
                "as `app_metadata` of Supabase",
                "roles = ['/app_metadata/roles']",
            ),
            ("claims = {}", "or leave it out", ""),
            ("claims = { a = '' }", "write a text, a number, a flag", "claims = { a = 'b' }"),
            ("claims = { a = { b = 1 } }", "or a list of them", "claims = { a = [1] }"),
            ("claims = { a = [] }", "name at least one", "claims = { a = ['b'] }"),
            ("claims = { '' = 'a' }", "write the name of a claim", "claims = { b = 'a' }"),
            (
                "roles = ['']",
                "a pointer like `/realm_access/roles`",
                "roles = ['/realm_access/roles']",
            ),
            (
                "claims = {}",
                "write it as `{ token_use = \"access\" }`",
                "claims = { token_use = \"access\" }",
            ),
            ("clients = []", "write the ids of the clients", "clients = ['app']"),
            ("aliases = ['https://issuer.test/']", "remove it, and the key with the last one", ""),
            ("aliases = ['']", "write other spellings of `iss`", "aliases = ['issuer.test']"),
            (
                "aliases = ['https://a.test/{tenantid}/']",
                "write each tenant's own spelling",
                "aliases = ['https://a.test/8c7f/', 'https://a.test/9d80/']",
            ),
            ("aliases = ['a', 'a']", "remove it, and the key with the last one", "aliases = ['a']"),
            ("tenants = 'any'", "remove it", ""),
            ("jwks_token_file = 'token'", "remove it", ""),
            ("log.sub = 'yes'", "`true` or `false`", "log.sub = true"),
            ("metrics.address = ':9464'", "`127.0.0.1:9464`", "metrics.address = '127.0.0.1:9464'"),
            (
                "metrics = '127.0.0.1:9464'",
                "write it as a table",
                "metrics = { address = '127.0.0.1:9464' }",
            ),
            ("'jwks.watch' = false", "write it as a table", "jwks = { watch = false }"),
            (
                "scopes.implies = { a = ['b'], b = ['a'] }",
                "never the other way round too",
                "scopes.implies = { a = ['b'] }",
            ),
            ("scopes.implies = {}", "or leave it out", ""),
            (
                "scopes.implies = { a = 7 }",
                "write it as `{ \"files:write\" = [\"files:read\"] }`",
                "scopes.implies = { \"files:write\" = [\"files:read\"] }",
            ),
            (
                "scopes.implies = { 'a b' = ['c'] }",
                "write each scope by itself",
                "scopes.implies = { a = ['c'], b = ['c'] }",
            ),
            ("provider = 'azure'", "or leave the key out", ""),
            (
                "[default.bearer.issuers.a_b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'",
                "name it with a-z, 0-9 and `-` only",
                "[default.bearer.issuers.a-b]\nissuer = 'https://b.test/'\njwks_file = 'keys.json'",
            ),
            (
                "[default.bearer.issuers.b]\nclients = ['app']",
                "give it a `domain`, or an `issuer`",
                "jwks.proxy = 'http://127.0.0.1:1'\n[default.bearer.issuers.b]\nclients = ['app']\n\
                 algorithms = ['RS256']\ndomain = 'b.invalid'",
            ),
            (
                "[default.bearer.issuers.b]\nissuer = 'https://issuer.test/'\njwks_file = 'keys.json'",
                "keep one of the two",
                "",
            ),
        ],
    );
}

#[test]
fn what_clients_and_pages_are_told_is_cured_as_is_shown() {
    assert_all_cured(
        "issuer = 'https://issuer.test/'\njwks_file = 'keys.json'\nalgorithms = ['ES256']",
        &[
            ("audience = ''", "write the identifier of your API", "audience = 'image'"),
            (
                "audience = ['a', '*']",
                "write the identifier of your API",
                "audience = ['a', 'image']",
            ),
            ("audience = 7", "write it as `[\"a\", \"b\"]`", "audience = [\"7\"]"),
            ("", "write the identifier of your API there", "audience = 'image'"),
            ("", "write the ids of your clients there, as `clients`", "clients = ['app']"),
            ("resource = 'api.test'", "write it in full", "resource = 'https://api.test'"),
            ("resource = 'http://api.test'", "write `https://…`", "resource = 'https://api.test'"),
            ("resource = 'https://api.test '", "remove it", "resource = 'https://api.test'"),
            ("resource = 'https://me@api.test'", "without them", "resource = 'https://api.test'"),
            ("resource = 'https://api.test/?a'", "up to its path", "resource = 'https://api.test'"),
        ],
    );
    assert_all_cured(
        GOOD,
        &[
            ("cors.origins = ['https://a.test/']", "no path", "cors.origins = ['https://a.test']"),
            (
                "cors.origins = ['https://A.test']",
                "small letters",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['https://a.test:443']",
                "not the scheme's own",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['a.test']",
                "write each in full",
                "cors.origins = ['https://a.test']",
            ),
            (
                "cors.origins = ['http://a.test']",
                "write `https://…`",
                "cors.origins = ['https://a.test']",
            ),
            (
                "forward.headers = ['sub']",
                "`X-Auth-Subject=sub`",
                "forward.headers = ['X-Auth-Subject=sub']",
            ),
            (
                "forward.headers = ['Sub=sub']",
                "begin it with `X-`",
                "forward.headers = ['X-Sub=sub']",
            ),
            (
                "forward.headers = ['X-A_b=sub']",
                "letters, digits and `-`",
                "forward.headers = ['X-A-b=sub']",
            ),
            (
                "forward.headers = ['X-A=a', 'x-a=b']",
                "keep one of the two",
                "forward.headers = ['X-A=a']",
            ),
        ],
    );
}

#[test]
fn how_proofs_are_taken_is_cured_as_is_shown() {
    let on = "dpop.mode = 'allowed'\ndpop.base = ['https://api.test']";
    let with = |line: &str| format!("{on}\n{line}");
    assert_all_cured(
        GOOD,
        &[
            ("dpop.mode = 'allowed'", "write the public origin of the API as `dpop.base`", on),
            ("dpop.mode = 'on'", "`off`, `allowed` or `required`", "dpop.mode = 'off'"),
            (&with("dpop.max_age = 301"), "from 1 to 300 seconds", &with("dpop.max_age = 300")),
            (&with("dpop.leeway = 5"), "from 10 to 60 seconds", &with("dpop.leeway = 10")),
            (&with("dpop.entries = 1"), "from 200 to 100000000", &with("dpop.entries = 200")),
            (&with("dpop.nonce = 'on'"), "`off` or `required`", &with("dpop.nonce = 'required'")),
            (
                &with("dpop.algorithms = ['ML-DSA-44']"),
                "ES256 is what clients use",
                &with("dpop.algorithms = ['ES256']"),
            ),
            (
                "dpop.mode = 'allowed'\ndpop.base = ['https://api.test?a']",
                "as `https://api.example.com/v1`",
                "dpop.mode = 'allowed'\ndpop.base = ['https://api.test/v1']",
            ),
            (&with("token_header = 'X-Token'"), "leave out one of the two", on),
        ],
    );
    let api = GOOD.replace("audience = 'image'", "audience = 'https://api.test'");
    let resource = "dpop.mode = 'allowed'\nresource = 'https://api.test'";
    assert_all_cured(&api, &[("dpop.mode = 'allowed'", "or set `resource`", resource)]);
}

#[test]
fn what_is_revoked_logged_out_and_shared_is_cured_as_is_shown() {
    let file = "revocation.file = 'rules.jsonl'";
    let logout = "logout_clients = ['app']\nlogout.path = '/backchannel-logout'";
    let kept = format!("{file}\n{logout}");
    let with = |line: &str| format!("{file}\n{line}");
    let store = "store.redis = 'redis://127.0.0.1:1'";
    let shared = |line: &str| format!("{store}\n{line}");
    let as_redis_does = "write it as `redis://user:password@host:6379/0`";
    assert_all_cured(
        GOOD,
        &[
            ("revocation = 'rules.jsonl'", "as a table", "revocation = { file = 'rules.jsonl' }"),
            (
                &with("revocation.rules = 0"),
                "100000 is the default",
                &with("revocation.rules = 100000"),
            ),
            (
                &with("revocation.max_age = 0"),
                "write a whole number of seconds, from 1",
                &with("revocation.max_age = 1"),
            ),
            ("revocation.file = 'keys.json'", "write one rule a line", file),
            ("revocation.file = '.'", "or name another file in `revocation.file`", file),
            (
                &with("logout_clients = ['app']"),
                "write the path at which logouts are taken, as `/backchannel-logout`",
                &kept,
            ),
            (
                &with("logout.path = '/backchannel-logout'"),
                "write the ids of the clients that the issuer sends logouts of",
                &kept,
            ),
            (
                &with("logout_clients = []"),
                "write the ids of the clients whose logouts count",
                &kept,
            ),
            (
                &with("logout_clients = ['app']\nlogout.path = 'backchannel-logout'"),
                "write it from the first `/`, without a query",
                &kept,
            ),
            (logout, "set `revocation.file`", &kept),
            (logout, "or `store.redis`", &shared(logout)),
            (
                &format!("{}\nrevocation.redis = false", shared(logout)),
                "set `revocation.file`, or leave `revocation.redis` out",
                &shared(logout),
            ),
            (
                "store.redis = 'rediss://a..b'",
                "write the name that its certificate has",
                "store.redis = 'rediss://a.invalid'",
            ),
            (
                &format!("{kept}\nlogout.by = 'user'"),
                "write `sid` or `sub`",
                &format!("{kept}\nlogout.by = 'sub'"),
            ),
            (
                "store = 'redis://127.0.0.1:1'",
                "as a table",
                "store = { redis = 'redis://127.0.0.1:1' }",
            ),
            ("store.redis = '127.0.0.1:1'", as_redis_does, store),
            ("store.redis = 'http://127.0.0.1:1'", as_redis_does, store),
            (
                "store.redis = 'redis://127.0.0.1:1/a'",
                as_redis_does,
                "store.redis = 'redis://127.0.0.1:1/0'",
            ),
            (
                "store.redis = 'redis://a:p#w@127.0.0.1:1'",
                "percent-encode what is special in a password",
                "store.redis = 'redis://a:p%23w@127.0.0.1:1'",
            ),
            (
                "store.redis = 'unix:///run/no.sock?password=a'",
                "has what is none of `user`, `pass`, `db`",
                "store.redis = 'unix:///run/no.sock?pass=a'",
            ),
            (
                "store.prefix = 'a'",
                "name the Redis as `store.redis`",
                &shared("store.prefix = 'a'"),
            ),
            ("store.prefix = 'a'", "or leave the other keys of `store` out", ""),
            (
                &shared("store.prefix = 'a b'"),
                "1 to 64 letters, digits",
                &shared("store.prefix = 'a-b'"),
            ),
            (
                &shared("store.deadline_ms = 0"),
                "100 is the default",
                &shared("store.deadline_ms = 100"),
            ),
            (
                &shared("store.on_outage = 'accept'"),
                "write `refuse` or `memory`",
                &shared("store.on_outage = 'memory'"),
            ),
            (
                "forward.original = 'traefik'",
                "write `x-forwarded` (Traefik, Caddy)",
                "forward.original = 'x-forwarded'",
            ),
            (
                "forward.original = 'nginx'",
                "`x-original` (nginx, HAProxy)",
                "forward.original = 'x-original'",
            ),
            ("forward.original = 'envoy'", "or `path` (Envoy)", "forward.original = 'path'"),
            ("forward.original = ''", "or leave the key out", ""),
        ],
    );
}
