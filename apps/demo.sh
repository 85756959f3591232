#!/bin/sh
# The demo behind `make demo`: a corpus from Python's own documentation, an index, a few searches.
# Usage: apps/demo.sh [folder that holds the `simengine` command]
set -eu
simengine=${1:+$1/}simengine
folder=${SIMENGINE_DEMO:-demo}
index=$folder/python-docs

say() { printf '\n\033[1m$ simengine %s\033[0m\n' "$*"; }

say "corpus python-docs -o $folder/corpus.jsonl"
"$simengine" corpus python-docs -o "$folder/corpus.jsonl"

say "index $folder/corpus.jsonl -o $index"
"$simengine" index "$folder/corpus.jsonl" -o "$index" --offline

search() {
  say "search -i $index $*"
  "$simengine" search -i "$index" -k 3 --offline "$@"
}
search "run a function every few seconds in the background"
search "how similar are two strings"
search "undo everything if something goes wrong halfway"
search --where 'kind == "class"' "keep only the most recently used items"

printf '\nYour turn:  %s search -i %s "your question"\n' "$simengine" "$index"
