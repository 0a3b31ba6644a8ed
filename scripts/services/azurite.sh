#!/usr/bin/env bash
# Azurite, the emulator of Azure Blob Storage: one process on the loopback interface, everything in memory.
#
#   azurite.sh install    once
#   azurite.sh start      idempotent; every start is an empty account; prints NAME=VALUE lines for the tests
#   azurite.sh stop       ends the process that start began
#
# It is installed by npm into the cache directory, not among the project's own packages: 3.35.0 is the last version that
# runs on Node 20.
#
# Environment: AZURITE_VERSION=3.35.0, AZURITE_BLOB_PORT=10000
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/azurite
VERSION=${AZURITE_VERSION:-3.35.0}
ROOT=$CACHE/services/azurite-$VERSION
PORT=${AZURITE_BLOB_PORT:-10000}
# Azurite's own account and key, the same in every installation.
ACCOUNT=devstoreaccount1
KEY=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
. "$(dirname "$0")/daemon.sh"

install() {
  [ -f "$ROOT/package-lock.json" ] && return
  rm -rf "$ROOT.partial" "$ROOT"
  mkdir -p "$ROOT.partial"
  echo '{ "private": true }' >"$ROOT.partial/package.json"
  npm install --prefix "$ROOT.partial" --no-audit --no-fund --ignore-scripts "azurite@$VERSION" >&2
  mv "$ROOT.partial" "$ROOT"
}

answers() { curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$PORT/"; }

start() {
  [ -f "$ROOT/package-lock.json" ] || fail "not installed"
  if ! { alive blob && answers; }; then
    stop
    rm -rf "$DIR"
    mkdir -p "$DIR/log"
    # The client speaks newer versions of the protocol than the emulator knows. Not --loose: that hides real errors.
    launch blob node "$ROOT/node_modules/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 --blobPort "$PORT" \
      --inMemoryPersistence --skipApiVersionCheck --disableTelemetry --silent
    await blob 30 answers
  fi
  echo "AZURITE_ENDPOINT=http://127.0.0.1:$PORT/$ACCOUNT"
  echo "AZURITE_ACCOUNT=$ACCOUNT"
  echo "AZURITE_KEY=$KEY"
}

stop() {
  quit blob
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
