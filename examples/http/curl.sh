#!/bin/sh
# `curl.sh /headers`: GET with curl; see README.md for the variables.
set -eu
API=${API:-http://127.0.0.1:8000}

new_token() {
  : "${TOKEN_URL:?is not set, and no TOKEN}"
  granted=$(printf %s "$CLIENT_SECRET" | curl -sS "$TOKEN_URL" \
    -d grant_type=client_credentials --data-urlencode client_secret@- \
    --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "scope=${SCOPE:-}" \
    --data-urlencode "audience=$AUDIENCE" --data-urlencode "resource=$AUDIENCE")
  printf %s "$granted" | jq -er '.access_token // empty' ||
    { printf 'no token: %s\n' "$granted" >&2; return 1; }
}

# The body, and the status on a line of its own.
get() {
  printf 'Authorization: Bearer %s' "$TOKEN" | curl -sS -H @- -w '\n%{http_code}' "$API$1"
}

path=${1:-/headers}
[ -n "${TOKEN:-}" ] || TOKEN=$(new_token)
answer=$(get "$path")
if [ "${answer##*
}" = 401 ] && [ -n "${TOKEN_URL:-}" ]; then
  TOKEN=$(new_token)
  answer=$(get "$path")
fi
printf '%s\n' "${answer%
*}"
case ${answer##*
} in 2??) ;; *) exit 1 ;; esac
