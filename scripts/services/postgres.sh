#!/usr/bin/env bash
# PostgreSQL, on the loopback interface, as Debian packages it. For Debian, as root.
#
#   postgres.sh install    once
#   postgres.sh start      idempotent; every start is an empty cluster; prints NAME=VALUE lines for the tests
#   postgres.sh stop       ends the process that start began
#
# Environment: POSTGRES_PORT=5490
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/postgres
PORT=${POSTGRES_PORT:-5490}
DATA=/var/tmp/coatcheck-postgres-$PORT # not in $DIR: the server's own user can't go below the home of root
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

# The programs of the newest version that is installed. They are not on the path.
BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)

install() {
  [ -x "$BIN/postgres" ] && return
  apt-get update -q >&2
  # Without a cluster of its own, which would run from then on.
  mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
  apt-get install -y -q --no-install-recommends postgresql >&2
}

answers() { "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT"; }

start() {
  [ -x "$BIN/postgres" ] || fail "not installed"
  if ! { alive postgres && answers; }; then
    stop
    mkdir -p "$DIR/log" "$DATA"
    chown postgres "$DATA"
    # It refuses to run as root.
    (cd "$DATA" && setpriv --reuid postgres --regid postgres --clear-groups \
      "$BIN/initdb" --pgdata "$DATA/cluster" --username postgres --auth trust --no-sync >"$DIR/log/initdb.out" 2>&1) ||
      fail "initdb failed; see $DIR/log/initdb.out"
    launch postgres setpriv --reuid postgres --regid postgres --clear-groups "$BIN/postgres" -D "$DATA/cluster" \
      -c listen_addresses=127.0.0.1 -p "$PORT" -c unix_socket_directories= -c fsync=off -c max_connections=200
    await postgres 30 answers
  fi
  echo "POSTGRES_URL=postgres://postgres@127.0.0.1:$PORT/postgres"
}

stop() {
  quit postgres INT
  rm -rf "$DATA"
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
