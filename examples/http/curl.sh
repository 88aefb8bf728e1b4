#!/bin/sh
# `curl.sh /headers`: GET with curl; see README.md for the variables.
set -eu
API=${API:-http://127.0.0.1:8000}

new_token() {
  : "${TOKEN_URL:?is not set, and no TOKEN}"
  granted=$(printf %s "$CLIENT_SECRET" | curl -sS "$TOKEN_URL" \
    -d grant_type=client_credentials --data-urlencode client_secret@- \
    --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "scope=${SCOPE:-}" \
    --data-urlencode "audience=$AUDIENCE" --data-urlencode "resource=$AUDIENCE") || return 1
  printf %s "$granted" | jq -er '.access_token // empty' ||
    { printf 'no token: %s\n' "$granted" >&2; return 1; }
}

# The body, and the challenge and the status on a line each.
get() {
  answer=$(printf 'Authorization: Bearer %s' "$TOKEN" |
    curl -sS -H @- -w '\n%header{www-authenticate}\n%{http_code}' "$API$1")
  status=${answer##*
}
}

# The body on stdout; on stderr the status and the challenge of a refusal.
show() {
  answer=${answer%
*}
  challenge=${answer##*
}
  printf '%s\n' "${answer%
*}"
  case $status in 2??) return ;; esac
  printf 'HTTP %s\n' "$status" >&2
  [ -z "$challenge" ] || printf 'WWW-Authenticate: %s\n' "$challenge" >&2
  return 1
}

path=${1:-/headers}
[ -n "${TOKEN:-}" ] || TOKEN=$(new_token)
get "$path"
if [ "$status" = 401 ] && [ -n "${TOKEN_URL:-}" ]; then
  TOKEN=$(new_token) || { show; exit 1; }
  get "$path"
fi
show
