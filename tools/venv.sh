#!/bin/sh
# Make .venv hold exactly what a lock names, and Plaza itself: sh tools/venv.sh requirements.lock
set -eu
lock=$1
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

refuse() {
  echo "$*" >&2
  exit 1
}

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
with_venv='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

# The first of them that can make an environment; what PYTHON names is not second-guessed.
find_python() {
  without_venv=
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$python" -c "$with_venv" 2>/dev/null; then
      return
    elif "$python" -c "$new_enough" 2>/dev/null; then
      without_venv=${without_venv:-$python}
    fi
  done
  [ -z "$without_venv" ] || refuse "$without_venv cannot make environments: install its venv" \
    "module (on Debian and Ubuntu: apt install python3-venv), then try again."
  refuse "Plaza needs Python 3.11 or newer, and ${PYTHON:-python3} is not: install one, or name" \
    "it with make PYTHON=/path/to/python3."
}

if ! .venv/bin/python -c "$with_venv" 2>/dev/null; then
  find_python
  "$python" -m venv --clear .venv
fi
case $lock in
  *-dev.lock) size="470 MB" ;;
  *) size="210 MB" ;;
esac
echo "Installing $lock into .venv: about $size there, a minute or so, in silence"
.venv/bin/python -m pip install --quiet --require-hashes --requirement "$lock"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
