# What the measuring scripts share: programs started on one core, and wrk on the same.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD work=$(mktemp -d) core=${CORE:-0}
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

cargo build --release
release=${CARGO_TARGET_DIR:-$here/target}/release
path=$(cargo bench --no-run --features testing --bench path 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
path=$(realpath "$path")
cd "$work"

export ROCKET_PROFILE=release ROCKET_WORKERS=1
export BEARER_ISSUER=https://issuer.localhost/ BEARER_AUDIENCE=image BEARER_JWKS_FILE=$work/jwks.json

start() { # PORT PROGRAM…: on these cores; its process is `pid PORT` from then on
    local port=$1; shift
    taskset -c "$core" "$@" > /dev/null 2>> log &
    pids+=($!)
    eval "pid_$port=$!"
    for _ in {1..100}; do (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.05; done
    echo "nothing listens on port $port:"; cat log; exit 1
}

stop() { # PORT
    local pid=pid_$1
    kill "${!pid}"
    wait "${!pid}" 2>/dev/null || true
}

cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

load() { # PORT TARGET TOKENS SECONDS [CONNECTIONS [THREADS]]: µs of CPU, requests, a second, p50, p99
    local pid=pid_$1 before after said
    before=$(cpu "${!pid}")
    said=$(TARGET=$2 TOKENS=$3 taskset -c "$core" wrk -t"${6:-1}" -c"${5:-64}" -d"$4s" --latency \
        -s "$here/benches/tokens.lua" "http://127.0.0.1:$1")
    after=$(cpu "${!pid}")
    awk -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" '
        /requests in/ { count = $1 } /^Requests.sec/ { rate = $2 }
        / 50% / { p50 = $2 } / 99% / { p99 = $2 }
        /Socket errors|Non-2xx/ { print > "/dev/stderr" }
        END { print ticks / hertz * 1e6 / count, count, rate, p50, p99 }' <<< "$said"
}
