#!/usr/bin/env bash
# Succeeds if this broker has caught up with every partition of which it keeps a copy. Partitions that lack
# another broker do not count: a restart of this one would not help.
# Its environment: KAFKA_NODE_ID, POD_NAME, CERTIFICATE_FILE and CA_FILE. KAFKA_TOOLS is for tests.
set -euo pipefail
umask 077
cat > /tmp/in_sync.properties << PROPERTIES
security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=$CERTIFICATE_FILE
ssl.truststore.type=PEM
ssl.truststore.location=$CA_FILE
PROPERTIES
partitions=$(KAFKA_HEAP_OPTS=-Xmx96m "${KAFKA_TOOLS:-/opt/kafka/bin}/kafka-topics.sh" \
    --bootstrap-server "$POD_NAME.kafka:9094" --command-config /tmp/in_sync.properties \
    --describe --under-replicated-partitions)
awk -v id="$KAFKA_NODE_ID" '
    function has(list) { return index("," list ",", "," id ",") > 0 }
    {
        replicas = isr = ""
        for (i = 1; i < NF; i++) {
            if ($i == "Replicas:") replicas = $(i + 1)
            if ($i == "Isr:") isr = $(i + 1)
        }
        if (has(replicas) && !has(isr)) behind++
    }
    END {
        if (behind) print behind " partitions are behind"
        exit (behind > 0)
    }
' <<< "$partitions"
