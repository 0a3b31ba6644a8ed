#!/usr/bin/env bash
# The site of the book and of the docstrings, and a browser to read it with, as Debian packages it. For Debian, as root.
#
#   site.sh install    once: the browser
#   site.sh start      builds the site; prints NAME=VALUE lines for the tests
#   site.sh stop       nothing runs: the tests serve the site themselves
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "site.sh: $*" >&2
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
  npm run --prefix "$ROOT" docs >&2
  echo "SITE_DIRECTORY=$ROOT/site/dist"
  echo "SITE_BROWSER=$(browser)"
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
