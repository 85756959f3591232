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
search "a file that deletes itself when I am done"
search "merge several sorted lists into one"
search "pick a random element, with some more likely than others"
search --where 'module == "statistics"' "the value in the middle"

printf '\nYour turn:    %s search -i %s "your question"\n' "$simengine" "$index"
printf 'A page on it: %s demo %s\n' "$simengine" "$index"
