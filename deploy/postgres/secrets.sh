#!/usr/bin/env bash
# The passwords of the compose file, as files of its volume "secrets": what is missing is made up, what is there stays. Nobody has to know one.
# A password of your own, one line: docker compose run --rm -T secrets ledger < file      (then: docs/containers.md, "Passwords")
set -euo pipefail
folder=/run/secrets

write() { # write NAME OWNER: from standard input, never half a file; readable by its owner and by PostgreSQL, which sets the password
  local line; IFS= read -r line || [ -n "$line" ]
  line="${line%$'\r'}"
  [ -n "$line" ] || { echo "secrets: the password of $1 is empty" >&2; exit 1; }
  printf '%s\n' "$line" >"$folder/.$1"
  chmod 440 "$folder/.$1" && chown "$2" "$folder/.$1" && mv -f "$folder/.$1" "$folder/$1"
}
owner() { # owner NAME: user and group of its readers; 999 is PostgreSQL's, 1654 that of our workers
  case "$1" in
    postgres) echo 999:999 ;;
    ledger) echo 1654:999 ;;
    *) echo "secrets: there is no secret '$1', only postgres and ledger" >&2; exit 1 ;;
  esac
}

if [ $# -eq 1 ]; then
  readers="$(owner "$1")"
  write "$1" "$readers"
  exit
fi
for name in postgres ledger; do
  [ -s "$folder/$name" ] || head -c 32 /dev/urandom | base64 | write "$name" "$(owner "$name")"
done
