#!/usr/bin/env bash
# Writes a backup of a database to /backups, and records it in the database.
# Its environment: DATABASE (the replica set), MEMBERS, ROOT_PASSWORD_FILE, CA_FILE, and KEEP_DAYS: backups that
# are older are deleted, unless it is empty, because the bucket deletes them.
set -euo pipefail
umask 077

file=/backups/$DATABASE-$(date --utc +%Y%m%dT%H%M%SZ).archive.gz
address="mongodb://root:$(cat "$ROOT_PASSWORD_FILE")@$MEMBERS/?authSource=admin&replicaSet=$DATABASE&tls=true&tlsCAFile=$CA_FILE"
# In a file and in the environment, because the list of processes shows arguments.
export ADDRESS=$address
printf 'uri: "%s&readPreference=secondaryPreferred"\n' "$address" > /tmp/mongodump.yaml
# `--oplog` makes the backup consistent as of the time when it ends.
mongodump --quiet --config /tmp/mongodump.yaml --oplog --archive --gzip > "$file"
BYTES=$(stat --format %s "$file")
export BYTES
mongosh --nodb --quiet /scripts/record.js
if [[ -n $KEEP_DAYS ]]; then
    find /backups -name "$DATABASE-*.archive.gz" -mtime "+$KEEP_DAYS" -delete
fi
echo "{\"severity\": \"INFO\", \"event\": \"backup written\", \"file\": \"${file##*/}\", \"bytes\": $BYTES}"
