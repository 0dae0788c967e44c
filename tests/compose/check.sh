#!/usr/bin/env bash
# Runs docker-compose.yml as an operator would: build, start, the samples into the ledger, a load while each worker is killed, stop, start again, wrong settings.
# Needs a docker client with compose v2, an engine and the base images; about 4 minutes on two cores. Works on a copy of the checkout, under a project and
# image names of its own, which it deletes at the end. Ends with the summary of a test run: total, failed, succeeded, skipped.
set -uo pipefail
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
workers=(adapters rating cdr-retention billing-sync)
servers=(kafka schema-registry postgres)
passed=0 failed=0

summary() { printf '  total: %s\n  failed: %s\n  succeeded: %s\n  skipped: %s\n' $((passed + failed + $1)) "$failed" "$passed" "$1"; }
skip() { echo "skipped  the compose file: $1"; summary 1; exit 0; }
docker compose version >/dev/null 2>&1 || skip "there is no docker compose (v2)"
docker info >/dev/null 2>&1 || skip "no container engine answers"

work="$(mktemp -d)"
# What .env says has to be enough for every command, so nothing else is in the environment.
unset BILLING_RETENTION_PERIOD CATALOGUE_FOLDER SUBSCRIPTIONS_FILE
export COMPOSE_PROJECT_NAME="belgicom-check-$$" COMPOSE_PROGRESS=plain BELGICOM_IMAGES="belgicom-check-$$"
compose() { docker compose "$@"; }
image() { echo "$BELGICOM_IMAGES/$1:$version"; }
clean() {
  compose --profile tools down --volumes --remove-orphans >/dev/null 2>&1
  local name; for name in "${workers[@]}" tool; do docker image rm --force "$(image "$name")" >/dev/null 2>&1; done
  rm -rf "$work"
}
trap clean EXIT
cd "$repository" || exit 1
if files="$(git ls-files --cached --others --exclude-standard 2>/dev/null)"; then
  tar --create --ignore-failed-read --files-from <(printf '%s\n' "$files") 2>/dev/null
else
  tar --create --exclude bin --exclude obj --exclude .git .
fi | tar --extract --directory "$work"
cd "$work" || exit 1
version="$(sed -n 's,.*<Version>\(.*\)</Version>.*,\1,p' Directory.Build.props)"
sed 's/^BILLING_RETENTION_PERIOD=$/&P6M/' deploy/compose.env.example >.env

check() { # check WHAT COMMAND...: counts and says whether it held, and how long it took
  local what="$1" from="$SECONDS"; shift
  if "$@" >"$work/check.log" 2>&1; then
    passed=$((passed + 1)); echo "passed  $what ($((SECONDS - from)) s)"
  else
    failed=$((failed + 1)); echo "FAILED  $what ($((SECONDS - from)) s)"; tail -15 "$work/check.log" | cut -c1-400 | sed 's/^/        /'
  fi
}
until_true() { # until_true SECONDS COMMAND...
  local end=$((SECONDS + $1)); shift
  until "$@"; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 0.5; done
}
container() { compose ps --all --quiet "$1"; }
state() { docker inspect --format "{{$2}}" "$(container "$1")"; }
ask() { compose exec -T postgres psql -U belgicom -d ledger -Atc "$1"; }
tool() { compose run --rm --no-deps -T "$@"; }

needs_a_period() { ! BILLING_RETENTION_PERIOD='' compose config --quiet 2>"$work/refusal" && grep .env "$work/refusal"; }
images() { # what they are, which release, and how much comes on top of the runtime
  local name; for name in "${workers[@]}" tool; do
    [ "$(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.title"}} {{index .Config.Labels "org.opencontainers.image.version"}} {{.Config.User}}' "$(image "$name")")" = "belgicom/$name $version 1654" ] \
      || { echo "labels or user of $name"; return 1; }
    local size; size="$(docker run --rm --network none --entrypoint du "$(image "$name")" -sm /app | cut -f1)"
    [ "$size" -le 60 ] || { echo "$name has $size MB"; return 1; }
  done
}
ids() { local name; for name in "${workers[@]}" tool; do docker image inspect --format '{{.Id}}' "$(image "$name")"; done; }
changed() { # changed IDS: the names of the images that are no longer those
  paste -d ' ' <(printf '%s\n' "${workers[@]}" tool) <(echo "$1") <(ids) | awk '$2 != $3 { printf "%s ", $1 }'
}
rebuilds() { # rebuilds FILE NAMES: a line more in FILE makes other images of NAMES only; then it is as before
  local before now; before="$(ids)"; cp -p "$1" "$work/kept"
  echo '// A line more.' >>"$1"; compose build || return 1
  now="$(changed "$before")"; cp -p "$work/kept" "$1"
  [ "$now" = "$2" ] || { echo "a line in $1 changed '$now', not '$2'"; return 1; }
  compose build && [ -z "$(changed "$before")" ]
}
confined() { # no root, no capability, nothing writable but folders in memory and volumes, no new rights
  local name; for name in "${workers[@]}" "${servers[@]}"; do
    compose exec -T "$name" bash -c '[ "$(id -u)" != 0 ] && grep -q "^CapBnd:[[:space:]]*0*$" /proc/1/status && grep -q "^NoNewPrivs:[[:space:]]*1$" /proc/1/status && ! touch /probe 2>/dev/null && touch /tmp/probe' \
      && [ "$(state "$name" .HostConfig.ReadonlyRootfs)" = true ] && [ "$(state "$name" .HostConfig.Memory)" != 0 ] || { echo "$name is not confined"; return 1; }
  done
}
secrets() { # passwords are in no environment; the ledger's role is no superuser and owns its tables
  local name; for name in billing-sync postgres; do
    ! state "$name" .Config.Env | grep -i 'password=' || { echo "$name has a password in its environment"; return 1; }
  done
  compose exec -T billing-sync sh -c 'test -r /run/secrets/ledger && ! test -r /run/secrets/postgres' || { echo "billing-sync reads more or less than its own password"; return 1; }
  [ "$(ask "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = 'ledger'")" = f ] \
    && [ "$(ask "select distinct tableowner from pg_tables where schemaname = 'public'")" = ledger ] || { echo "rights of the ledger's role"; return 1; }
}
static_members() { compose exec -T kafka /opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server kafka:9092 --describe --members --group billing-sync | grep 'billing-sync-0'; }
journal_is_kept() { compose exec -T kafka /opt/kafka/bin/kafka-configs.sh --bootstrap-server kafka:9092 --describe --topic kafkasql-journal | grep 'retention.ms=-1 '; }
lines() { ask 'select count(*), count(distinct usage_id), sum(amount_nanos) from billed_line'; }
has_lines() { local now; now="$(lines)"; [ "$now" = "$1" ] || { echo "the ledger has '$now' (lines|ids|10^-9), not '$1'"; return 1; }; }
put() { compose exec -T adapters sh -c "cat >'/data/inbox/$2.tmp' && mv '/data/inbox/$2.tmp' '/data/inbox/$2'" <"$1"; }
samples() { local file; while read -r file; do put "$file" "$(basename "$file")" || return 1; done < <(find src/BelgiCom.Streaming.Tool/Samples/usage -type f | sort); }
copied() { # "compose cp" writes under the final name and as root: taken whole, and out of the inbox, all the same
  local file; file="$(find src/BelgiCom.Streaming.Tool/Samples/usage -name 'voice-*.csv')"
  compose cp "$file" adapters:/data/inbox/copied.csv && until_true 60 inbox_has '0 0 11'
}
inbox_has() { # waiting, failed, done
  [ "$(compose exec -T adapters sh -c 'cd /data/inbox; find . -maxdepth 1 -type f | wc -l; find failed -type f 2>/dev/null | wc -l; find done -type f | wc -l' | xargs)" = "$1" ]
}
verbs() { # what an operator asks, without knowing a volume or a folder
  tool tool topics list | grep '^usage.rated.v1 *24 partitions' && tool tool schemas check && tool tool files | grep voice-000001.csv && tool tool retention due && tool tool subscriptions --help
}
kill_hard() { # kill_hard SERVICE: SIGKILL from outside; "docker kill" would count as a wish of the operator, after which nothing comes back
  docker run --rm --pid host --user 0 --network none --entrypoint bash "$(image tool)" -c "kill -9 $(state "$1" .State.Pid)"
}
load() { # a load of calls, and SIGKILL for each worker in the middle of it
  local worker
  mkdir -m 777 load && tool --volume "$work/load:/load" tool generate --records 60000 --seed 424242 --kind VoiceCsv --out /load \
    && tool --volume "$work/load:/load" tool subscriptions load /load/subscriptions.csv && put load/voice-000001.csv load.csv || return 1
  for worker in "${workers[@]}"; do kill_hard "$worker" || return 1; done
}
restarted() { local worker; for worker in "${workers[@]}"; do [ "$(state "$worker" .RestartCount)" -ge 1 ] || { echo "$worker was not restarted"; return 1; }; done; }
all_lines() { [ "$(ask 'select count(*) from billed_line')" = "$1" ]; }
all_billed() { until_true 180 all_lines 60491 && [ "$(ask 'select count(distinct usage_id) from billed_line')" = 60491 ] || { lines; return 1; }; }
# A worker that is killed between a transaction and its note sends one chunk twice; those are duplicates (outcome 2), and nothing else is.
outcomes() { [ "$(ask 'select sum(records) from control_total where outcome <> 2')" = "$1" ]; }
conserved() { until_true 60 outcomes "$1" || { ask 'select outcome, sum(records) from control_total group by outcome'; return 1; }; }
stopped_clean() {
  compose stop || return 1
  local worker code; for worker in "${workers[@]}"; do code="$(state "$worker" .State.ExitCode)"; [ "$code" = 0 ] || { echo "$worker ended with $code"; return 1; }; done
}
logs() { # every line of a worker is one JSON object without a telephone number; no log grows without end
  local worker number; number="$(sed -n '2s/[,;].*//p' load/subscriptions.csv)"
  for worker in "${workers[@]}"; do
    docker logs "$(container "$worker")" >"$work/worker.log" 2>&1
    grep -v '^{.*}$' "$work/worker.log" | sort | uniq -c | head -3 | sed "s/^/$worker: /" | grep . && return 1
    ! grep -m 1 -F -e "$number" "$work/worker.log" || return 1
  done
  for worker in "${workers[@]}" "${servers[@]}"; do [ -n "$(state "$worker" 'index .HostConfig.LogConfig.Config "max-size"')" ] || { echo "the log of $worker is not rotated"; return 1; }; done
}
schemas() { compose exec -T schema-registry bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; printf "GET /apis/ccompat/v7/schemas/ids/1 HTTP/1.0\r\n\r\nGET" >&3; cat <&3' | tail -1; }
again() { # new containers on the volumes: the schemas keep their ids, the ledger its lines
  local before="$1"
  compose down && compose up --detach --wait && [ "$(schemas)" = "$before" ] && has_lines "$2"
}
own_password() { # characters that a connection string, a shell and SQL would read as their own
  printf '%s\n' "p;q w'\"\$x\\ =é" | compose run --rm --no-deps -T secrets ledger && compose exec -T postgres /docker-entrypoint-initdb.d/ledger.sh \
    && compose up --detach --wait --no-deps --force-recreate billing-sync
}
says() { docker logs "$(container "$1")" 2>&1 | grep "$2"; } # read to its end: "grep -q" would break the pipe, and the check with it
wrong_password() { # refused by PostgreSQL: not healthy, and the log says which server; put right, it heals by itself
  echo 'wrong; quite' | compose run --rm --no-deps -T secrets ledger && ! compose up --detach --wait --no-deps --force-recreate billing-sync \
    && until_true 30 says billing-sync 'password authentication failed' && compose exec -T postgres /docker-entrypoint-initdb.d/ledger.sh \
    && compose up --detach --wait --no-deps --force-recreate billing-sync
}
wrong_period() { # compose says no, and the log names the setting
  ! BILLING_RETENTION_PERIOD=soon compose up --detach --wait --no-deps cdr-retention || { echo "it started"; return 1; }
  says cdr-retention Retention__Classes__BILLING__Period
}
nothing_left() { compose --profile tools down --volumes && ! comm -13 <(sort <<<"$volumes") <(docker volume ls --quiet | sort) | grep .; }

volumes="$(docker volume ls --quiet)"
check "without a period compose names .env" needs_a_period
check "images build" compose build
check "images have labels, a user, and at most 60 MB beside the runtime" images
check "a line in README.md builds no image" rebuilds README.md ''
check "a line in rating builds rating and the tool, which has it" rebuilds src/BelgiCom.Streaming.Rating.Worker/Program.cs 'rating tool '
check "everything starts and is healthy" compose up --detach --wait
check "workers and servers are confined" confined
check "passwords are files, the ledger's role is no superuser" secrets
check "consumers come back under their name" static_members
check "the registry's journal is kept for ever" journal_is_kept
check "samples are put into the inbox" samples
check "samples are billed: 491 lines, 23.131961688 EUR" until_true 90 has_lines '491|491|23131961688'
check "samples are retired" until_true 30 inbox_has '0 0 10'
check "a file that was copied in is retired, and billed no second time" copied
check "the operator's verbs answer" verbs
check "a load is put, each worker is killed" load
check "after the kills every call is billed, once" all_billed
check "compose brought each worker back" restarted
check "each event has one outcome" conserved 60582
kept="$(lines)" ids="$(schemas)"
check "logs are JSON without personal data, and rotated" logs
check "stop drains, workers end with exit code 0" stopped_clean
check "new containers go on where the old ones stopped" again "$ids" "$kept"
check "a password of one's own, with any characters" own_password
check "a wrong password is told, and heals" wrong_password
check "a wrong setting is refused by name" wrong_period
check "down --volumes leaves no volume behind" nothing_left
summary 0
[ "$failed" -eq 0 ]
