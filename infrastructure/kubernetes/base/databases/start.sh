#!/usr/bin/env bash
# Starts a member of a replica set. Compose and Kubernetes run the same file.
# Its environment: REPLICA_SET, CACHE_GIGABYTES, KEY_FILE (with which members authenticate),
# CERTIFICATE_FILE (the certificate and its key), CA_FILE, and ROOT_PASSWORD_FILE.
set -euo pipefail
umask 077

# In a cluster, only the first member creates the administrator. The others must be empty when the set is
# initiated, and copy the administrator with all other data.
if [[ $HOSTNAME != *-db-[1-9] ]]; then
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=$ROOT_PASSWORD_FILE
fi
# mongod requires files that only its user can read, but a mounted secret is also readable by a group.
install --mode=400 "$KEY_FILE" /tmp/key
install --mode=400 "$CERTIFICATE_FILE" /tmp/certificate.pem
# In the file, because the image's entry point starts mongod without it while it creates the
# administrator. Clients authenticate with a password, so they need no certificate.
cat > /tmp/mongod.conf << CONFIGURATION
net:
  tls:
    mode: requireTLS
    certificateKeyFile: /tmp/certificate.pem
    CAFile: $CA_FILE
    allowConnectionsWithoutCertificates: true
CONFIGURATION
# Without zlib, which lets clients read the memory of old servers (CVE-2025-14847).
# If a service is killed during a transaction, its products stay locked until the limit.
exec docker-entrypoint.sh mongod --config /tmp/mongod.conf --quiet --bind_ip_all \
    --replSet "$REPLICA_SET" --keyFile /tmp/key --networkMessageCompressors snappy,zstd \
    --wiredTigerCacheSizeGB "$CACHE_GIGABYTES" --setParameter transactionLifetimeLimitSeconds=10
