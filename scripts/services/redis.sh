#!/usr/bin/env bash
# Redis, on the loopback interface, as Debian packages it. For Debian, as root.
#
#   redis.sh install    once
#   redis.sh start      idempotent; every start is an empty database; prints NAME=VALUE lines for the tests
#   redis.sh stop       ends the process that start began
#
# Tests that kill, stop or fill a server start some of their own: see test/services/redis-server.ts.
#
# Environment: REDIS_PORT=6390
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/redis
PORT=${REDIS_PORT:-6390}
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

install() {
  have redis-server redis-cli && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends redis-server redis-tools >&2
}

answers() { [ "$(redis-cli -p "$PORT" ping)" = PONG ]; }

start() {
  have redis-server redis-cli || fail "not installed"
  if ! { alive redis && answers; }; then
    stop
    mkdir -p "$DIR/data" "$DIR/log"
    launch redis redis-server --bind 127.0.0.1 --port "$PORT" --dir "$DIR/data" --save '' --appendonly no \
      --maxmemory 2gb --maxmemory-policy noeviction
    await redis 20 answers
  fi
  echo "REDIS_URL=redis://127.0.0.1:$PORT"
}

stop() {
  quit redis
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
