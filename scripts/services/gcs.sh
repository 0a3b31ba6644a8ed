#!/usr/bin/env bash
# An emulator of Google Cloud Storage, the one inside npm's firebase-tools, on the loopback interface.
#
#   gcs.sh install    once
#   gcs.sh start      idempotent; every start is empty; prints NAME=VALUE lines for the tests
#   gcs.sh stop       ends the process that start began
#
# No other server of this API can be had from the registries of npm and Debian. It makes buckets as they are named, ignores
# every condition, checks no credentials, and takes a resumable upload by one request only.
#
# Environment: GCS_PORT=9199, GCS_VERSION=15.34.2
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/gcs
VERSION=${GCS_VERSION:-15.34.2} # exact: gcs-server.cjs uses what is not public
ROOT=$CACHE/services/gcs-$VERSION
PORT=${GCS_PORT:-9199}
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/daemon.sh"

installed() {
  [ -e "$ROOT/installed" ]
}

install() {
  installed && return
  have curl || {
    apt-get update -q >&2
    apt-get install -y -q --no-install-recommends curl >&2
  }
  rm -rf "$ROOT"
  mkdir -p "$ROOT"
  echo '{ "private": true }' >"$ROOT/package.json"
  (cd "$ROOT" && npm install --no-audit --no-fund --ignore-scripts --loglevel=error "firebase-tools@$VERSION") >&2
  touch "$ROOT/installed"
}

answers() {
  curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$PORT/storage/v1/b"
}

start() {
  installed || fail "not installed"
  if ! { alive server && answers; }; then
    stop
    rm -rf "$DIR"
    mkdir -p "$DIR/tmp"
    # Content goes to the directory for temporary files.
    launch server env TMPDIR="$DIR/tmp" node "$HERE/gcs-server.cjs" "$PORT" "$ROOT"
    await server 30 answers
  fi
  echo "GCS_ENDPOINT=http://127.0.0.1:$PORT"
}

stop() {
  quit server
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
