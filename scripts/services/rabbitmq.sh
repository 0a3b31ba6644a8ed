#!/usr/bin/env bash
# RabbitMQ, on the loopback interface, as Debian packages it. For Debian, as root.
#
#   rabbitmq.sh install    once
#   rabbitmq.sh start      idempotent; prints NAME=VALUE lines for the tests
#   rabbitmq.sh stop       ends the processes that start began
#
# Environment: RABBITMQ_PORT=5690
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/rabbitmq
PORT=${RABBITMQ_PORT:-5690}
SERVER=/usr/lib/rabbitmq/bin/rabbitmq-server # not the one on the path, which changes to a user who can't write here
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

install() {
  [ -x "$SERVER" ] && return
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends rabbitmq-server >&2
}

# A broker answers the header of a protocol that it does not speak with its own.
answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf 'AMQP\0\0\11\1' >&3 && [ -n "$(head -c 1 <&3)" ])
}

start() {
  [ -x "$SERVER" ] || fail "not installed"
  if ! { alive rabbitmq && answers; }; then
    stop
    rm -rf "$DIR/mnesia"
    mkdir -p "$DIR/mnesia" "$DIR/log"
    echo '[].' >"$DIR/plugins"
    printf 'loopback_users = none\nlisteners.tcp.1 = 127.0.0.1:%s\n' "$PORT" >"$DIR/rabbitmq.conf"
    # All that Erlang writes lies in $DIR, and its name server is its own.
    export HOME=$DIR ERL_EPMD_PORT=$((PORT + 9000)) ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=coatcheck@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$PORT
    export RABBITMQ_DIST_PORT=$((PORT + 20000)) RABBITMQ_MNESIA_BASE=$DIR/mnesia RABBITMQ_LOG_BASE=$DIR/log
    export RABBITMQ_ENABLED_PLUGINS_FILE=$DIR/plugins RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE=$DIR/rabbitmq
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}'
    launch epmd epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT"
    launch rabbitmq "$SERVER"
    await rabbitmq 60 answers
  fi
  echo "RABBITMQ_URL=amqp://guest:guest@127.0.0.1:$PORT"
}

stop() {
  # The server is a shell and the Erlang that it began, in a group of their own.
  if alive rabbitmq; then kill -TERM -- "-$(cat "$DIR/rabbitmq.pid")" 2>/dev/null || true; fi
  quit rabbitmq
  quit epmd
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
