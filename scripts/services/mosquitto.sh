#!/usr/bin/env bash
# Mosquitto, a broker of MQTT 5, on the loopback interface, as Debian packages it. For Debian, as root.
#
#   mosquitto.sh install    once
#   mosquitto.sh start      idempotent; prints NAME=VALUE lines for the tests
#   mosquitto.sh stop       ends the process that start began
#
# Environment: MOSQUITTO_PORT=1893
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/mosquitto
PORT=${MOSQUITTO_PORT:-1893}
SERVER=/usr/sbin/mosquitto
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

install() {
  [ -x "$SERVER" ] && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends mosquitto >&2
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT"); }

start() {
  [ -x "$SERVER" ] || fail "not installed"
  if ! { alive mosquitto && answers; }; then
    stop
    mkdir -p "$DIR/log"
    # It changes to a user of its own, which needs none of these files once it has read them.
    printf 'listener %s 127.0.0.1\nallow_anonymous true\nmax_packet_size 100000\n' "$PORT" >"$DIR/mosquitto.conf"
    launch mosquitto "$SERVER" -c "$DIR/mosquitto.conf"
    await mosquitto 20 answers
  fi
  echo "MQTT_URL=mqtt://127.0.0.1:$PORT"
}

stop() {
  quit mosquitto
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
