# What the measuring scripts share: programs started on one core, and wrk on the same.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD work=$(mktemp -d) core=${CORE:-0}
declare -A pid # of a port
trap 'kill "${pid[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

cargo build --release
release=${CARGO_TARGET_DIR:-$here/target}/release
path=$(cargo bench --no-run --features testing --bench path 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
path=$(realpath "$path")
cd "$work"

export ROCKET_CONFIG=$here/Rocket.toml ROCKET_PROFILE=release ROCKET_WORKERS=1
export BEARER_ISSUER=https://issuer.localhost/ BEARER_AUDIENCE=image BEARER_JWKS_FILE=$work/jwks.json

start() { # PORT PROGRAM…
    local port=$1; shift
    taskset -c "$core" "$@" > /dev/null 2>> log &
    pid[$port]=$!
    for _ in {1..100}; do (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.05; done
    echo "nothing listens on port $port:"; cat log; exit 1
}

stop() { # PORT
    kill "${pid[$1]}"
    wait "${pid[$1]}" 2>/dev/null || true
    unset "pid[$1]"
}

cpu() { awk '{ print $14 + $15 }' "/proc/${pid[$1]}/stat"; }

load() { # PORT TARGET TOKENS SECONDS [CONNECTIONS [THREADS]]: µs of CPU, requests, a second, p50, p99
    local before after said
    before=$(cpu "$1")
    said=$(TARGET=$2 TOKENS=$3 taskset -c "$core" wrk -t"${6:-1}" -c"${5:-64}" -d"$4s" --latency \
        -s "$here/benches/tokens.lua" "http://127.0.0.1:$1")
    after=$(cpu "$1")
    awk -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" '
        /requests in/ { count = $1 } /^Requests.sec/ { rate = $2 }
        / 50% / { p50 = $2 } / 99% / { p99 = $2 }
        /Socket errors|Non-2xx/ { print > "/dev/stderr" }
        END { print ticks / hertz * 1e6 / count, count, rate, p50, p99 }' <<< "$said"
}
