#!/bin/sh
# `rootfs.sh BINARY FOLDER`: all that the program needs to run, in a root file system of its own:
# the libraries it is linked with, the authorities of https, a user. No shell, no package manager.
set -eu
binary=$1 root=$2

install -D -m 755 "$binary" "$root/rocket-bearer"
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
  install -D -m 755 "$library" "$root$library"
done
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
# The working directory, where Rocket.toml is mounted.
install -d -m 755 "$root/etc/rocket-bearer"
echo 'nonroot:x:65532:65532::/etc/rocket-bearer:' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
