#!/bin/sh
# `httpie.sh /headers`: GET with HTTPie; see README.md for the variables.
set -eu
API=${API:-http://127.0.0.1:8000}

new_token() {
  : "${TOKEN_URL:?is not set, and no TOKEN}"
  granted=$(printf %s "$CLIENT_SECRET" | http --ignore-stdin --form --body POST "$TOKEN_URL" \
    grant_type=client_credentials client_id="$CLIENT_ID" client_secret=@/dev/stdin \
    scope="${SCOPE:-}" audience="$AUDIENCE" resource="$AUDIENCE") || return 1
  printf %s "$granted" | jq -er '.access_token // empty' ||
    { printf 'no token: %s\n' "$granted" >&2; return 1; }
}

# Status line, head and body.
get() {
  answer=$(printf 'Bearer %s' "$TOKEN" |
    http --ignore-stdin --pretty=none --print=hb GET "$API$1" Authorization:@/dev/stdin | tr -d '\r')
}

# The body on stdout; on stderr the status and the challenge of a refusal.
show() {
  printf '%s\n' "$answer" | sed '1,/^$/d'
  case $answer in 'HTTP/1.1 2'*) return ;; esac
  printf '%s\n' "$answer" | sed '/^$/,$d' | grep -iE '^(HTTP/|WWW-Authenticate:)' >&2
  return 1
}

path=${1:-/headers}
[ -n "${TOKEN:-}" ] || TOKEN=$(new_token)
get "$path"
case $answer in
  'HTTP/1.1 401'*)
    if [ -n "${TOKEN_URL:-}" ]; then
      TOKEN=$(new_token) || { show; exit 1; }
      get "$path"
    fi
    ;;
esac
show
