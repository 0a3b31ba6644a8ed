#!/usr/bin/env bash
# Chromium, to read the site and the inspector with, as Debian packages it. For Debian, as root.
#
#   chromium.sh install    once
#   chromium.sh start      prints NAME=VALUE lines for the tests
#   chromium.sh stop       nothing runs: each test starts a browser of its own
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "chromium.sh: $*" >&2
  exit 1
}

browser() { command -v chromium; }

install() {
  browser >/dev/null && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends chromium >&2
}

start() {
  browser >/dev/null || fail "not installed"
  echo "BROWSER=$(browser)"
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
