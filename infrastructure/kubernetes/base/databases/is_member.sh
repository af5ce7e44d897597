#!/usr/bin/env bash
# Succeeds if this server is a primary or a secondary. It sends a message of MongoDB's protocol
# ({hello: 1}, which needs no log-in), because MongoDB's shell takes a second of CPU time to start.
# Its environment: CA_FILE.
set -euo pipefail

coproc TLS { exec openssl s_client -quiet -verify_quiet -verify_return_error -CAfile "$CA_FILE" -connect 127.0.0.1:27017; }
trap 'kill "$TLS_PID"' EXIT
# A pipeline cannot use the descriptors of a coprocess.
exec 3<&"${TLS[0]}"
printf '\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0' >&"${TLS[1]}"
# shellcheck disable=SC2016 # $db is a field name.
printf '\x1f\0\0\0\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0' >&"${TLS[1]}"
dd bs=65536 count=1 status=none <&3 | tr '\0\1' 'FT' | grep -aqE '(isWritablePrimary|secondary)FT'
