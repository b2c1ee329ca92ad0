# shellcheck shell=bash
# A Docker Engine for a test: the one that answers, or one that is started for it and ended with it.
# Read by scripts of this folder, which set `work` (a folder of their own) and `data` (what a started engine
# keeps between two runs).
: "${work:?}" "${data:?}"

skip() { echo "skipped: $*"; exit 77; }

# Sets engine_pid where one was started.
engine_pid=''
start_engine() {
  command -v docker >/dev/null && docker compose version >/dev/null 2>&1 ||
    skip "no docker compose; scripts/install-packages deploy brings it"
  if timeout 20 docker version >/dev/null 2>&1; then return; fi
  if [[ -z "${CI:-}${START_DOCKER:-}" ]]; then
    skip "no Docker Engine answers. With START_DOCKER=1 this starts one and ends it, as root; it changes iptables"
  fi
  ((EUID == 0)) || skip "no Docker Engine answers, and only root can start one"
  command -v dockerd >/dev/null || skip "no Docker Engine; scripts/install-packages deploy brings it"
  export DOCKER_HOST=unix://$work/docker.sock
  echo "starting a Docker Engine"
  mkdir -p "$data"
  setsid setpriv --pdeathsig TERM dockerd --data-root "$data" --exec-root "$work/exec" -p "$work/docker.pid" \
    -H "$DOCKER_HOST" >"$work/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  for _ in {1..120}; do
    ! docker version >/dev/null 2>&1 || return 0
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$work/dockerd.log"
  stop_engine
  skip "a Docker Engine cannot run here; its last words are above"
}

stop_engine() {
  [[ -n "$engine_pid" ]] || return 0
  docker ps -aq 2>/dev/null | xargs -r docker rm -fv >/dev/null 2>&1 || true
  docker network prune -f >/dev/null 2>&1 || true
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  ip link del docker0 2>/dev/null || true
  engine_pid=''
}

# have_image NAME: whether it is there, or can be pulled. An engine that was started here asks no registry.
have_image() {
  docker image inspect "$1" >/dev/null 2>&1 ||
    { [[ -z "$engine_pid" ]] && timeout 120 docker pull -q "$1" >/dev/null 2>&1; }
}

# The images that ours are made from. Where there is no registry: made from Debian's packages.
base_images() {
  have_image debian:bookworm-slim || make_debian
  have_image redis:7 || make_redis
}

make_debian() {
  [[ -n "$engine_pid" ]] && command -v mmdebstrap >/dev/null || skip "debian:bookworm-slim cannot be had"
  echo "making debian:bookworm-slim"
  # The mirrors that this system uses, or mmdebstrap's own.
  local mirrors lines=()
  mapfile -t mirrors < <(sed -nE 's/^URIs: (.*)/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null)
  ((${#mirrors[@]} < 1)) || lines+=("deb ${mirrors[0]} bookworm main")
  ((${#mirrors[@]} < 2)) || lines+=("deb ${mirrors[1]} bookworm-security main")
  mmdebstrap --quiet --variant=minbase --mode=root --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -f "$1/etc/resolv.conf" "$1/etc/hostname"' bookworm "$work/root.tar" \
    "${lines[@]}" >"$work/mmdebstrap.log" 2>&1 ||
    { tail -n 5 "$work/mmdebstrap.log"; skip "debian:bookworm-slim cannot be made; the last words are above"; }
  docker import -c 'CMD ["bash"]' "$work/root.tar" debian:bookworm-slim >/dev/null
  rm "$work/root.tar"
}

make_redis() {
  [[ -n "$engine_pid" ]] || skip "redis:7 cannot be had"
  echo "making redis:7"
  printf '%s\n' 'FROM debian:bookworm-slim' \
    'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server' \
    'WORKDIR /data' 'CMD ["redis-server"]' |
    DOCKER_BUILDKIT=1 docker build -t redis:7 - >"$work/redis.log" 2>&1 ||
    { tail -n 5 "$work/redis.log"; skip "redis:7 cannot be made; the last words are above"; }
}
