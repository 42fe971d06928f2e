#!/bin/sh
# Rebuilds dist/ and icons/ from their sources. Needs Node and npm; running
# Garant needs neither, because the results are committed.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --ignore-scripts
node build.mjs
