#!/usr/bin/env bash
# Creates the services' users at the brokers, and allows them what access.txt says. It does only what is
# missing and applies changed passwords, so it can run at every start. Compose and Kubernetes run it.
# Its environment: BOOTSTRAP_SERVERS (where brokers accept certificates), CERTIFICATE_FILE (a broker's
# certificate and key, in PEM), CA_FILE, ACCESS_FILE, and PASSWORDS, a folder with one file for each user.
set -euo pipefail
umask 077
bin=/opt/kafka/bin

cat > /tmp/client.properties << PROPERTIES
security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=$CERTIFICATE_FILE
ssl.truststore.type=PEM
ssl.truststore.location=$CA_FILE
PROPERTIES
options=(--bootstrap-server "$BOOTSTRAP_SERVERS" --command-config /tmp/client.properties)

create_user() {
    # In a file, because other processes can read arguments.
    echo "SCRAM-SHA-512=password=$(cat "$PASSWORDS/$1")" > /tmp/user.properties
    "$bin/kafka-configs.sh" "${options[@]}" --alter --entity-type users --entity-name "$1" \
        --add-config-file /tmp/user.properties
}

# A service also creates topics that are missing, for example after Kafka lost its data.
allow() {
    local user=$1 verb=$2 topic resources=()
    shift 2
    for topic in "$@"; do resources+=(--topic "$topic"); done
    case $verb in
        reads) resources+=(--operation Read) ;;
        writes) resources+=(--operation Write) ;;
        *) echo "$ACCESS_FILE: $verb is unknown" >&2; exit 1 ;;
    esac
    "$bin/kafka-acls.sh" "${options[@]}" --add --allow-principal "User:$user" \
        --operation Describe --operation Create "${resources[@]}"
}

# A consumer group has the name of its service.
allow_group() {
    "$bin/kafka-acls.sh" "${options[@]}" --add --allow-principal "User:$1" --operation Read --group "$1"
}

rules=$(grep --invert-match '^#' "$ACCESS_FILE")
mapfile -t users < <(cut --delimiter ' ' --fields 1 <<< "$rules" | sort --unique)
for user in "${users[@]}"; do
    create_user "$user"
    allow_group "$user"
done
while read -r user verb topics; do
    # Unquoted, because the topics are words.
    # shellcheck disable=SC2086
    allow "$user" "$verb" $topics
done <<< "$rules"
rm /tmp/user.properties
echo "the users and their access are up to date"
