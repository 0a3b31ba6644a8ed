#!/usr/bin/env bash
# Kafka's protocol, served by the mock cluster of librdkafka, which kcat of Debian can start. It keeps everything in memory and
# knows no limits of size. For Debian, as root.
#
#   kafka.sh install    once
#   kafka.sh start      idempotent; prints NAME=VALUE lines for the tests
#   kafka.sh stop       ends the process that start began
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/kafka
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

install() {
  have kcat && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends kcat >&2
}

# It chooses a port, and says so.
servers() { grep -o 'bootstrap.servers=[0-9.:]*' "$DIR/log/kafka.out" | tail -n 1 | cut -d= -f2; }
answers() { [ -n "$(servers)" ]; }

start() {
  have kcat || fail "not installed"
  if ! { alive kafka && answers; }; then
    stop
    rm -f "$DIR/log/kafka.out"
    mkdir -p "$DIR/log"
    launch kafka kcat -b none -X test.mock.num.brokers=1 -d mock -C -t keep
    await kafka 20 answers
  fi
  echo "KAFKA_BROKERS=$(servers)"
}

stop() {
  quit kafka
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
