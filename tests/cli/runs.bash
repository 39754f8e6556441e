# SPDX-License-Identifier: Apache-2.0
#
# runs.bash - runs as they lie on disk (doc/FORMAT.md), for tests of the tool

BELAY=${BUILD:-$BATS_TEST_DIRNAME/../../build}/belay

runs_setup() {
	export BELAY_ROOT=$BATS_TEST_TMPDIR/root
	unset BELAY_RUN_DIR BELAY_ATTEMPT BELAY_RUN
	mkdir -m 700 "$BELAY_ROOT" "$BELAY_ROOT/mc"
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
}

belay() {
	"$BELAY" "$@"
}

minutes_ago() {		# minutes_ago N: as FORMAT.md writes times
	date -u -d "$1 minutes ago" +%Y-%m-%dT%H:%M:%S.000000Z
}

# make_run NAME [PRESET]: a run without attempts
make_run() {
	run_dir=$BELAY_ROOT/mc/$1
	(umask 077
	mkdir "$run_dir" "$run_dir/attempts"
	cat >"$run_dir/run.json" <<JSON
{"format": 1, "run": "$1", "cluster": "mc", "owner": {"uid": $(id -u),
 "name": "$(id -un)"}, "submission": "0123456789abcdef0123456789abcdef",
 "created": "$(minutes_ago 60)", "preset": "${2:-standard}", "policy": null,
 "work_dir": "$PWD", "job": null}
JSON
	)
}

# begin_attempt N MINUTES_AGO [MEMBERS]: JSON members override the usual ones
begin_attempt() {
	publish "$1" begin "{\"format\": 1, \"attempt\": $1, \"job\": \"12\",
	 \"job_id\": 12, \"restart\": $(($1 - 1)), \"start_time\": 0,
	 \"nodes\": \"n[1-4]\", \"batch_host\": \"n1\",
	 \"begin\": \"$(minutes_ago "$2")\", \"action\": \"start\",
	 \"checkpoint\": null, \"chunks_done\": 0,
	 \"process\": {\"host\": \"n1\", \"boot_id\": \"\", \"pid\": 1,
	 \"start\": 1}, \"cut\": [], \"checkpoints\": []}" "${3-}"
}

end_attempt() {		# end_attempt N MINUTES_AGO CAUSE [MEMBERS]
	publish "$1" end "{\"format\": 1, \"attempt\": $1,
	 \"end\": \"$(minutes_ago "$2")\", \"by\": \"end\", \"host\": \"n2\",
	 \"cause\": \"$3\", \"exit_code\": null, \"signal\": null,
	 \"suspects\": \"\", \"evidence\": []}" "${4-}"
}

decide_attempt() {	# decide_attempt N MINUTES_AGO ACTION [MEMBERS]
	publish "$1" decision "{\"format\": 1, \"attempt\": $1,
	 \"decided\": \"$(minutes_ago "$2")\", \"by\": \"end\", \"host\": \"n2\",
	 \"action\": \"$3\", \"rule\": \"the rule\", \"reason\": \"the reason\",
	 \"counts\": true, \"delay\": 0, \"attempts_left\": 9,
	 \"policy\": \"standard\", \"exclude\": []}" "${4-}"
}

publish() {		# publish N FILE JSON OVERRIDES
	(umask 077
	mkdir -p "$run_dir/attempts/$(printf %06d "$1")"
	cd "$run_dir/attempts/$(printf %06d "$1")"
	python3 - "$3" "{${4}}" >".$2.json" <<'PY'
import json, sys
print(json.dumps({**json.loads(sys.argv[1]), **json.loads(sys.argv[2])}))
PY
	mv ".$2.json" "$2.json"	# whoever watches sees it whole
	)
}

inside() {		# inside N: this shell is part of attempt N
	export BELAY_RUN_DIR=$run_dir BELAY_ATTEMPT=$1
}

json() {		# json EXPRESSION: of the document j on stdin
	python3 -c "import json, sys; j = json.load(sys.stdin); print($1)"
}
