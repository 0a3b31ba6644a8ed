# For the service scripts: foreground processes kept by pid file. Sourced, with $DIR set to the service's directory.

# running PID: true while it lives. A zombie that its parent has not reaped yet counts as gone.
running() {
  [ -r "/proc/$1/status" ] && ! grep -q '^State:.Z' "/proc/$1/status"
}

# alive NAME: true while the daemon NAME lives.
alive() {
  [ -s "$DIR/$1.pid" ] && running "$(cat "$DIR/$1.pid")"
}

# launch NAME COMMAND...: runs a daemon detached from this shell, its output in $DIR/log/NAME.out.
launch() {
  local name=$1
  shift
  mkdir -p "$DIR/log"
  setsid "$@" >>"$DIR/log/$name.out" 2>&1 </dev/null &
  echo $! >"$DIR/$name.pid"
}

# await NAME SECONDS COMMAND...: waits until COMMAND succeeds; gives up at once when the daemon NAME has died.
await() {
  local name=$1 tries=$(($2 * 10))
  shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" || fail "$name ended; its output:" "$name"
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "$name did not become ready; its output:" "$name"
    sleep 0.1
  done
}

# quit NAME [SIGNAL]: ends a daemon that launch started, and nothing else.
quit() {
  local pid
  if alive "$1"; then
    pid=$(cat "$DIR/$1.pid")
    kill -"${2:-TERM}" "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      running "$pid" || break
      sleep 0.1
    done
    if running "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  fi
  rm -f "$DIR/$1.pid"
}

# fail MESSAGE [DAEMON]: ends the script, with the last lines that the daemon wrote.
fail() {
  echo "${0##*/}: $1" >&2
  if [ $# -gt 1 ]; then tail -n 20 "$DIR/log/$2".* >&2 || true; fi
  exit 1
}

# have PROGRAM...: true if every one is installed.
have() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}
