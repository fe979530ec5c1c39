# What the scripts in this folder share. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
exec < /dev/null

# Each tool that a test or script runs, and the Debian package that has it.
tools=(redis-server:redis-server redis-cli:redis-tools curl:curl shellcheck:shellcheck node:nodejs npm:npm kill:procps wrk:wrk taskset:util-linux
    strace:strace mkfs.ext4:e2fsprogs mount:mount nginx:nginx haproxy:haproxy php:php-cli script:bsdutils
    ip:iproute2 faketime:faketime keepalived:keepalived chromium:chromium)

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Makes sure that the tools are there: as root by apt, otherwise by telling the line to run.
need_tools() {
    type -P dotnet > /dev/null || fail "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download/dotnet/10.0"
    local missing=() tool
    for tool in "${tools[@]}"; do
        type -P "${tool%%:*}" > /dev/null || missing+=("${tool##*:}")
    done
    # The Redis clients of other languages, with which docs/interop.md is tested, have no tool of their own.
    php -r 'exit(extension_loaded("redis") ? 0 : 1);' 2> /dev/null || missing+=(php-redis)
    /usr/bin/python3 -c 'import redis' 2> /dev/null || missing+=(python3-redis)
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || fail "Missing tools. Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    say "Installing ${missing[*]}"
    install_quietly "${missing[@]}" || fail "apt-get failed. Try: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
}

# Tests start their own servers on free ports, so what a package would start as a service stays down.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d made='' code=0
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod +x $policy
        made=yes
    fi
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } > /tmp/holdfast-apt.log 2>&1 || code=$?
    [ -z "$made" ] || rm -f $policy
    [ $code = 0 ] || tail -n 20 /tmp/holdfast-apt.log >&2
    return $code
}

# Builds a project or the solution in Release; silent unless it fails. More arguments go to dotnet build.
build() {
    mkdir -p artifacts
    local log="artifacts/build-$$.log"
    if ! dotnet build "$@" -c Release -v q > "$log" 2>&1; then
        grep -E 'error|warning' "$log" | sort -u | head -n 50 >&2 || tail -n 50 "$log" >&2
        fail "The build failed; its whole output is in $log"
    fi
    rm -f "$log"
}

# The test projects' names.
test_projects() {
    local project
    for project in test/*.Tests; do
        basename "$project"
    done
}
