#!/bin/sh
# Encrypts a dump, copies it to the bucket, reads it back, and reports it: upload.sh FILE. It runs in rclone's
# image. Its environment: DATABASE (such as orders-db), BUCKET (a remote of rclone), PASSWORD_FILE, and
# PUSHGATEWAY (its address; empty: nothing is reported).
set -eu
file=$1
name=$DATABASE/$(date -u +%Y-%m-%dT%H-%M-%SZ).gz

# rclone expects the password in its own encoding, which is no protection.
RCLONE_CONFIG_BACKUP_PASSWORD=$(rclone obscure - < "$PASSWORD_FILE")
export RCLONE_CONFIG_BACKUP_PASSWORD
export RCLONE_CONFIG_BACKUP_TYPE=crypt
export RCLONE_CONFIG_BACKUP_REMOTE="$BUCKET"
export RCLONE_CONFIG_BACKUP_FILENAME_ENCRYPTION=off
export RCLONE_CONFIG_BACKUP_DIRECTORY_NAME_ENCRYPTION=false

rclone copyto --immutable "$file" "backup:$name"
# Decrypted again, it is the same: the key fits, and the copy is complete.
rclone cat "backup:$name" | cmp - "$file"
bytes=$(wc -c < "$file")
echo "stored $name: $bytes bytes"

if [ -n "$PUSHGATEWAY" ]; then
    wget -q -O /dev/null --post-data "# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds $(date +%s)
# TYPE backup_last_bytes gauge
backup_last_bytes $bytes
" "$PUSHGATEWAY/metrics/job/backup/database/$DATABASE"
fi
