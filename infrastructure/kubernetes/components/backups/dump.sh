#!/usr/bin/env bash
# Dumps a database as of one moment into a file: dump.sh FILE. It runs in MongoDB's image.
# Its environment: DATABASE (such as orders-db), CA_FILE, and ROOT_PASSWORD_FILE.
set -euo pipefail
file=$1
password=$(< "$ROOT_PASSWORD_FILE")

# A secondary, so that the primary serves the shop undisturbed. All data must come from one member: with
# --oplog, mongodump adds what is written meanwhile, and another member could lag behind that.
for member in 1 2 0; do
    uri="mongodb://root:$password@$DATABASE-$member.$DATABASE:27017/?authSource=admin&directConnection=true"
    uri+="&serverSelectionTimeoutMS=5000&tls=true&tlsCAFile=$CA_FILE"
    if mongosh --quiet "$uri" --eval 'quit(db.hello().secondary ? 0 : 1)'; then
        echo "dumping $DATABASE-$member"
        mongodump --oplog --archive="$file" --gzip --uri "$uri"
        exit
    fi
done
echo "$DATABASE has no secondary that answers" >&2
exit 1
