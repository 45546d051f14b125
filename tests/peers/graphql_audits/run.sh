#!/bin/sh
# run.sh URL: the audits of GraphQL over HTTP against a running server, such as
# http://127.0.0.1:8000/graphql
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund --silent
exec node audit.js "$1"
