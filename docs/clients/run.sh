#!/usr/bin/env bash
# run.sh URL PROGRAM [FILE...]: runs a program beside files, and passes its output on as it comes.
#
# Ends with the program's exit code. Ctrl-C cancels the run. Needs curl and jq. Output that is not UTF-8 is not exact here.
set -euo pipefail
(($# >= 2)) || { echo "usage: run.sh URL PROGRAM [FILE...]" >&2 && exit 2; }
url=$1
program=$2
files=("${@:3}")
max_tries=10
id=$(cat /proc/sys/kernel/random/uuid)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The parts in the order that the API demands.
form=(-F "options={\"id\": \"$id\", \"arguments\": [\"hello\"], \"environment\": {\"WHERE\": \"Sandpool\"}, \"cpuTime\": \"2s\", \"memory\": \"64Mi\"}")
for file in ${files[@]+"${files[@]}"}; do form+=(-F "file=@$file"); done
form+=(-F "program=@$program")

# The answer has a line of JSON for each event, or is a problem. Both streams are read from it as it comes.
exec 4>&1
stream() { jq --unbuffered -j "select(.event == \"$1\") | .text // (.base64 | @base64d)"; }
attempt() {
  {
    curl --silent --show-error --no-buffer --dump-header "$work/headers" -H 'Accept: application/x-ndjson' "${form[@]}" "$url/v1/runs" |
      tee "$work/answer" /dev/fd/3 | stream stdout >&4
  } 3>&1 | stream stderr >&2
}

# The answer then ends with the event "problem".
trap 'curl --silent --request DELETE "$url/v1/runs/$id"' INT TERM

for ((try = 1; try <= max_tries; try++)); do
  # In the background, because bash obeys a signal only when it waits.
  attempt &
  while kill -0 $! 2>/dev/null; do wait $! || true; done
  problem=$(jq -r 'select(.title) | "\(.status) \(.title): \(.detail)"' "$work/answer")
  seconds=$(sed -n 's/\r$//; s/^[Rr]etry-[Aa]fter: //p' "$work/headers")
  [[ -n $seconds ]] || break
  echo "busy ($problem), trying again in $seconds s" >&2
  sleep "$seconds"
done
[[ -z $problem ]] || { echo "$problem" >&2 && exit 1; }
outcome=$(jq -r 'select(.event == "exit").outcome' "$work/answer")
[[ $outcome == exited ]] || { echo "${outcome:-the connection ended before the run did}" >&2 && exit 1; }
exit "$(jq 'select(.event == "exit").exitCode' "$work/answer")"
