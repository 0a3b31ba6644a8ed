#!/usr/bin/env bash
# Ceph's object gateway: a real S3 server, of three processes (monitor, one object store in memory, gateway) on the
# loopback interface. For Debian, as root.
#
#   ceph.sh install    once
#   ceph.sh start      idempotent; every start is an empty cluster; prints NAME=VALUE lines for the tests
#   ceph.sh stop       ends the processes that start began
#
# It is Ceph 20: older ones ignore conditional writes, don't copy what is encrypted, and end at once when they are asked to
# copy a part. It is unpacked from a newer suite than Debian 12 into the cache directory: no maintainer script runs, and
# nothing of the machine changes but for mmdebstrap and curl, which are installed if they are missing. Each daemon then runs
# in a mount namespace and root of its own.
#
# Environment: CEPH_SUITE=forky, CEPH_S3_PORT=7480, CEPH_MON_PORT=17480
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/coatcheck
DIR=$CACHE/services/ceph
SUITE=${CEPH_SUITE:-forky}
ROOT=$CACHE/services/ceph-$SUITE
S3_PORT=${CEPH_S3_PORT:-7480}
MON_PORT=${CEPH_MON_PORT:-17480}
ACCESS_KEY=test
SECRET_KEY=testsecret
export LC_ALL=C # the gateway ends at once under a locale that its root does not have
export DEBIAN_FRONTEND=noninteractive
. "$(dirname "$0")/daemon.sh"

# --- install ---------------------------------------------------------------------------------------------------------

install() {
  installed && return
  if ! have mmdebstrap curl; then
    apt-get update -q >&2
    apt-get install -y -q --no-install-recommends mmdebstrap curl >&2
  fi
  # The mirror that this machine gets its packages from.
  local mirror dir
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
  rm -rf "$ROOT.partial" "$ROOT"
  mkdir -p "$(dirname "$ROOT")"
  # A mirror's index of a suite in the making may be past its date; its signature is still checked.
  mmdebstrap --quiet --variant=extract --components=main --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=radosgw,ceph-mon,ceph-osd,ceph-common,python3-minimal "$SUITE" "$ROOT.partial" "$mirror" >&2
  for dir in bin sbin lib lib64; do # what the package base-files would do
    [ -e "$ROOT.partial/$dir" ] || ln -s "usr/$dir" "$ROOT.partial/$dir"
  done
  mv "$ROOT.partial" "$ROOT"
}

installed() {
  have curl && [ -x "$ROOT/usr/bin/radosgw" ]
}

# --- start -----------------------------------------------------------------------------------------------------------

# The words to put before a command of Ceph: a mount namespace of its own, in which Ceph's root sees the machine's devices
# and the data directory. It ends with the program, and the process keeps its id.
CEPH=(unshare --mount --propagation private sh -c '
  set -e; root=$1; data=$2; shift 2
  mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/$data"
  mount --rbind /dev "$root/dev"; mount --rbind /proc "$root/proc"; mount --rbind /sys "$root/sys"
  mount --bind "$data" "$root/$data"
  exec chroot "$root" "$@"' sh "$ROOT" "$DIR")

ceph_run() { "${CEPH[@]}" "$@"; }
osd_is_up() { ceph_run ceph -c "$DIR/ceph.conf" osd stat | grep -q '1 up'; }
gateway_answers() { curl --fail --silent --output /dev/null --max-time 2 "http://127.0.0.1:$S3_PORT/"; }

start() {
  local osd conf=$DIR/ceph.conf
  installed || fail "not installed"
  if ! { alive gateway && gateway_answers; }; then
    stop
    rm -rf "$DIR"
    mkdir -p "$DIR"/{mon,osd,log,run}
    write_configuration
    {
      ceph_run monmaptool --create --fsid "$FSID" --addv a "[v2:127.0.0.1:$MON_PORT]" "$DIR/monmap"
      ceph_run ceph-mon -c "$conf" -i a --mkfs --monmap "$DIR/monmap"
    } >"$DIR/log/mon.mkfs" 2>&1 || fail "the monitor could not be made" mon
    launch mon "${CEPH[@]}" ceph-mon -c "$conf" -i a -f
    await mon 60 ceph_run ceph -c "$conf" --connect-timeout 5 status
    osd=$(cat /proc/sys/kernel/random/uuid)
    {
      ceph_run ceph -c "$conf" osd new "$osd"
      ceph_run ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd"
    } >"$DIR/log/osd.mkfs" 2>&1 || fail "the object store could not be made" osd
    launch osd "${CEPH[@]}" ceph-osd -c "$conf" -i 0 -f
    await osd 60 osd_is_up
    launch gateway "${CEPH[@]}" radosgw -c "$conf" -n client.rgw -f
    ceph_run radosgw-admin -c "$conf" -n client.rgw user create --uid=test --display-name=test \
      --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" --max-buckets=0 >"$DIR/log/gateway.user" 2>&1 ||
      fail "the user could not be made" gateway
    await gateway 90 gateway_answers
  fi
  echo "CEPH_ENDPOINT=http://127.0.0.1:$S3_PORT"
  echo "CEPH_ACCESS_KEY=$ACCESS_KEY"
  echo "CEPH_SECRET_KEY=$SECRET_KEY"
  echo "CEPH_KMS_KEY=testkey-1"
}

write_configuration() {
  FSID=$(cat /proc/sys/kernel/random/uuid)
  cat >"$DIR/ceph.conf" <<CONF
[global]
fsid = $FSID
mon_host = v2:127.0.0.1:$MON_PORT/0
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
# Only this machine can reach it, so nothing is authenticated. The client mode must say so too: the gateway's default
# needs the authentication that is off here.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
ms_mon_client_mode = crc
# One copy of everything, in few placement groups whose number nobody tends.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
# Changes of the cluster map are batched for a second or two by default: twelve seconds to start, not four.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_data_avail_warn = 1
mon_data_avail_crit = 1
run_dir = $DIR/run
admin_socket = $DIR/run/\$name.asok
crash_dir = $DIR/run
log_to_stderr = false
log_file = $DIR/log/\$name.log
[mon]
mon_data = $DIR/mon
log_file = $DIR/log/mon.log
mon_cluster_log_file = $DIR/log/cluster.log
[osd]
osd_data = $DIR/osd
log_file = $DIR/log/osd.log
osd_objectstore = memstore
memstore_device_bytes = $((4 * 1024 * 1024 * 1024))
osd_class_load_list = *
osd_class_default_list = *
[client.rgw]
log_file = $DIR/log/gateway.log
rgw_data = $DIR/gateway
# Without tcp_nodelay every small answer waits 40 ms for an acknowledgement.
rgw_frontends = beast endpoint=127.0.0.1:$S3_PORT tcp_nodelay=1
rgw_thread_pool_size = 32
rgw_enable_apis = s3, admin
rgw_enable_usage_log = false
# Memory of deleted objects comes back in seconds, not in two hours.
rgw_gc_obj_min_wait = 5
rgw_gc_processor_period = 5
rgw_gc_processor_max_time = 5
# SSE-KMS over plain HTTP, with two keys that are no secret.
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = testkey-1=$(head -c 32 /dev/zero | tr '\0' 1 | base64) testkey-2=$(head -c 32 /dev/zero | tr '\0' 2 | base64)
[client]
log_file = $DIR/log/client.log
CONF
}

stop() {
  # Nothing is kept, so nobody needs to say goodbye: the gateway takes two minutes for it.
  quit gateway KILL
  quit osd KILL
  quit mon KILL
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: ${0##*/} install | start | stop" ;;
esac
