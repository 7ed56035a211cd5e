#!/bin/sh
# token.sh DIR: makes a SoftHSM store in DIR with one token (label AvA, user PIN 1234, SO PIN 12345678), and DIR/softhsm2.conf.
# Use it with SOFTHSM2_CONF=DIR/softhsm2.conf.
set -eu
mkdir -p "$1/tokens"
dir=$(cd "$1" && pwd)
cat > "$dir/softhsm2.conf" <<CONF
directories.tokendir = $dir/tokens
objectstore.backend = file
log.level = ERROR
library.reset_on_fork = true
CONF
export SOFTHSM2_CONF="$dir/softhsm2.conf"
softhsm2-util --init-token --free --label AvA --so-pin 12345678 --pin 1234 >/dev/null
echo "SOFTHSM2_CONF=$SOFTHSM2_CONF"
