#!/usr/bin/env bash
# Starts a member of a replica set. Only the first member creates the administrator. The others must be
# empty when the set is initiated, and copy the administrator with all other data.
set -euo pipefail

if [[ $HOSTNAME == *-0 ]]; then
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/secrets/root-password
fi
# mongod requires a key that only its user can read, but a mounted secret is also readable by a group.
install --mode=400 /secrets/key /tmp/key
# If a service is killed during a transaction, its products stay locked until this limit.
exec docker-entrypoint.sh mongod --quiet --bind_ip_all --replSet "$REPLICA_SET" --keyFile /tmp/key \
    --wiredTigerCacheSizeGB 0.25 --setParameter transactionLifetimeLimitSeconds=10
