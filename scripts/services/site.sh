#!/usr/bin/env bash
# The site of the book and of the docstrings.
#
#   site.sh install    its programs, from npm
#   site.sh start      builds the site; prints NAME=VALUE lines for the tests
#   site.sh stop       nothing runs: the tests serve the site themselves
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)

case ${1:-} in
  install) npm ci --prefix "$ROOT/site" --no-audit --no-fund >&2 ;;
  start)
    npm run --prefix "$ROOT/site" build >&2
    echo "SITE_DIRECTORY=$ROOT/site/dist"
    ;;
  stop) ;;
  *)
    echo "site.sh: usage: ${0##*/} install | start | stop" >&2
    exit 1
    ;;
esac
