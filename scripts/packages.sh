#!/usr/bin/env bash
# The Debian packages with the programs that tests run against: installed where that is possible, otherwise named.
set -euo pipefail

need() { command -v "$1" >/dev/null 2>&1; }
missing=()
need chromium || need chromium-browser || need google-chrome || [ -n "${WEIR_CHROMIUM:-}" ] || missing+=(chromium fonts-liberation)
need strace || missing+=(strace)
need mosquitto_pub || missing+=(mosquitto-clients)
python3 -c 'import paho.mqtt.publish' 2>/dev/null || /usr/bin/python3 -c 'import paho.mqtt.publish' 2>/dev/null || missing+=(python3-paho-mqtt)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
[ "${#missing[@]}" -gt 0 ] || exit 0

if ! need apt-get || [ "$(uname)" != Linux ]; then
  echo "tests need ${missing[*]} (names of Debian packages), and there is no apt-get to install them with"
  exit 1
fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  sudo="sudo -n"
  if ! $sudo true 2>/dev/null; then
    echo "tests need more programs: sudo apt-get install ${missing[*]}"
    exit 1
  fi
fi
echo "installing ${missing[*]}"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
