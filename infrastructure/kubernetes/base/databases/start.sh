#!/usr/bin/env bash
# Starts a member of a replica set. Only the first one creates the administrator: the others get it
# with all other data, and may have none of their own when the set is made.
set -euo pipefail

if [[ $HOSTNAME == *-0 ]]; then
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/secrets/root-password
fi
# mongod takes a key that nobody else may read, and a mounted secret is its group's too.
install --mode=400 /secrets/key /tmp/key
# A service that is killed in the middle of a transaction leaves it open, and its products locked,
# for as long as the limit.
exec docker-entrypoint.sh mongod --quiet --bind_ip_all --replSet "$REPLICA_SET" --keyFile /tmp/key \
    --wiredTigerCacheSizeGB 0.25 --setParameter transactionLifetimeLimitSeconds=10
