#!/bin/sh
# Fails if MongoDB 8 cannot run on the kernel of this machine, because the server would only restart again
# and again (https://www.mongodb.com/docs/manual/release-notes/8.0/).
set -eu
release=$(uname -r)
version=$(echo "$release" | sed 's/[^0-9.].*//')
number=$(echo "$version" | awk -F. '{ print $1 * 1000000 + $2 * 1000 + $3 }')
if [ "$number" -ge 6019000 ] && [ "$number" -lt 7000014 ]; then
    echo "This machine has Linux $release. MongoDB 8 does not run on Linux 6.19 to 7.0.13:" \
        "use an older kernel, or 7.0.14 or newer." >&2
    exit 1
fi
