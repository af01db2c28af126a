# Sourced by the other scripts: one line per step, with its time; a failing step shows the end of its output and ends the script.

step() { # step TEXT COMMAND...
    local text=$1 log start status=0
    shift
    log=$(mktemp)
    start=$SECONDS
    set -m # the job gets a process group of its own, so that Ctrl-C can end all of it
    "$@" >"$log" 2>&1 </dev/null &
    local job=$!
    set +m
    trap 'kill -- -'"$job"' 2>/dev/null; rm -f '"$log"'; exit 130' INT TERM
    if [ -t 1 ]; then
        while kill -0 "$job" 2>/dev/null; do
            printf '\r%s ... %d s ' "$text" "$((SECONDS - start))"
            sleep 0.2
        done
        printf '\r'
    else
        printf '%s ...\n' "$text"
    fi
    wait "$job" || status=$?
    trap - INT TERM
    if [ "$status" -ne 0 ]; then
        tail -n 25 "$log" >&2
        rm -f "$log"
        printf '%s: failed; the output above says why.\n' "$text" >&2
        exit "$status"
    fi
    rm -f "$log"
    printf '%s: done in %d s\n' "$text" "$((SECONDS - start))"
}

may_install() { # whether this user can install Debian packages without being asked
    command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() { # apt_install PACKAGE...
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
    "${sudo[@]}" apt-get update -q || true # an old list may still do
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}
