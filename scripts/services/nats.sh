#!/usr/bin/env bash
# NATS with JetStream, on the loopback interface, as Debian packages it. For Debian, as root.
#
#   nats.sh install    once
#   nats.sh start      idempotent; every start is without streams; prints NAME=VALUE lines for the tests
#   nats.sh stop       ends the process that start began
#
# Environment: NATS_PORT=4242
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/nats
PORT=${NATS_PORT:-4242}
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

install() {
  have nats-server && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends nats-server >&2
}

# A server says INFO to whoever connects.
answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT" && IFS= read -r -t 2 line <&3 && [[ $line == INFO* ]])
}

start() {
  have nats-server || fail "not installed"
  if ! { alive nats && answers; }; then
    stop
    rm -rf "$DIR/streams"
    mkdir -p "$DIR/streams" "$DIR/log"
    printf 'host: 127.0.0.1\nport: %s\njetstream { store_dir: "%s" }\n' "$PORT" "$DIR/streams" >"$DIR/nats.conf"
    launch nats nats-server -c "$DIR/nats.conf"
    await nats 20 answers
  fi
  echo "NATS_URL=nats://127.0.0.1:$PORT"
}

stop() {
  quit nats
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
