#!/bin/bash
# tools.sh MODULE: what pkcs11-tool (opensc), openssl and p11tool (gnutls-bin) say about a store that token.sh made,
# without what differs from run to run: keys, the order of objects, their handles. WRAP stands before every command that
# uses the module. It wants a fresh store each time, or a copy of one, which keeps the number of slot and token too:
#
#   ./token.sh /tmp/store; cp -a /tmp/store /tmp/other       (and set the folder in /tmp/other/softhsm2.conf)
#   SOFTHSM2_CONF=/tmp/store/softhsm2.conf ./tools.sh /usr/lib/softhsm/libsofthsm2.so > native
#   SOFTHSM2_CONF=/tmp/other/softhsm2.conf WRAP="avactl run --" ./tools.sh libsofthsm2.so > through
set -u
module=$1 token="pkcs11:token=AvA" iv=000102030405060708090a0b0c0d0e0f
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# shellcheck disable=SC2086
open_tool() { ${WRAP:-} pkcs11-tool --module "$module" "$@" 2>&1; }
tool() { open_tool --token-label AvA --login --pin 1234 "$@"; }
# shellcheck disable=SC2086
gnutls() { ${WRAP:-} p11tool --provider "$module" --login --set-pin 1234 "$@" 2>&1; }
# Keys and handles out, lines in order: objects come in the order of random file names.
plain() { sed -E '/EC_POINT:  /d; s/^(Data object|Object) [0-9]+/\1/; /^-----BEGIN/,/^-----END/d'; }
numbers() { sed -E 's/0x[0-9a-f]{8}\b/0xSLOT/g; s/(serial num *: |serial=|Serial: )[0-9a-f]+/\1SERIAL/'; }

printf abc > abc
printf 'sixteen letters!' > block
echo "== slots and mechanisms"
open_tool --list-slots | numbers
open_tool --token-label AvA --list-mechanisms
echo "== keys"
tool --keypairgen --key-type rsa:2048 --id 01 --label first | plain
echo "== test" # while there is one key: what it tries depends on the order of the keys
tool --test
echo "== more keys"
tool --keypairgen --key-type EC:prime256v1 --id 02 --label second | plain
tool --keypairgen --key-type EC:prime256v1 --id 04 --label other --usage-derive | plain
tool --keygen --key-type AES:32 --id 03 --label third | plain
echo "== digest"
open_tool --token-label AvA --hash -m SHA256 --input-file abc --output-file abc.sha
sha256sum < abc; od -An -tx1 abc.sha
echo "== signatures"
tool --read-object --type pubkey --id 01 --output-file public.der
for how in SHA256-RSA-PKCS SHA256-RSA-PKCS-PSS; do
    tool --sign -m $how --id 01 --input-file abc --output-file signature
    tool --verify -m $how --id 01 --input-file abc --signature-file signature
done
tool --sign -m SHA256-RSA-PKCS --id 01 --input-file abc --output-file signature
openssl pkey -pubin -inform DER -in public.der -out public.pem
openssl dgst -sha256 -verify public.pem -signature signature abc
tool --sign -m ECDSA --id 02 --input-file abc.sha --output-file signature
tool --verify -m ECDSA --id 02 --input-file abc.sha --signature-file signature
echo "== encryption"
tool --encrypt -m AES-CBC-PAD --iv $iv --id 03 --input-file block --output-file sealed
tool --decrypt -m AES-CBC-PAD --iv $iv --id 03 --input-file sealed --output-file opened
cmp block opened && echo the same
openssl pkeyutl -encrypt -pubin -inkey public.pem -in block -out sealed -pkeyopt rsa_padding_mode:oaep
tool --decrypt -m RSA-PKCS-OAEP --hash-algorithm SHA-1 --id 01 --input-file sealed --output-file opened
cmp block opened && echo the same
echo "== derivation"
tool --read-object --type pubkey --id 02 --output-file other.der
tool --derive -m ECDH1-DERIVE --id 04 --input-file other.der --output-file secret
wc -c < secret
echo "== data, random"
tool --write-object abc --type data --label word --application-label test | plain
tool --read-object --type data --label word; echo
open_tool --token-label AvA --generate-random 16 | wc -c
echo "== objects"
tool --list-objects | plain | sort
echo "== p11tool"
${WRAP:-} p11tool --provider "$module" --list-tokens 2>&1 | numbers
gnutls --generate-privkey rsa --bits 2048 --label fifth --id 05 "$token" | plain
gnutls --test-sign "$token;object=fifth;type=private"
gnutls --list-all "$token" | numbers | plain | sort
gnutls --list-mechanisms "$token"
gnutls --generate-random 16 "$token" | wc -c
for object in word first second third other fifth; do gnutls --batch --delete "$token;object=$object"; done
