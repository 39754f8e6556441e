#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# nfs.t - belay on a real NFS server with two clients, in User-Mode Linux
#
# A guest for each row below, all at once; each tells a line per scenario.
# Without GUESTS="twins v3-hung" or GUESTS=all those that are starred run;
# KEEP=1 leaves what they wrote.  HANGS=50 kills belay at more moments.

here=$(cd "$(dirname "$0")" && pwd)
export BUILD=${BUILD:-$here/../../build} DEADLINE=${DEADLINE:-900}

guests() {	# NAME SCRIPT VARIABLE...
	cat <<-EOF
		*v4.2 sharing.bash VERS=4.2
		*v3 sharing.bash VERS=3
		*faults faults.bash VERS=4.2
		v3-faults faults.bash VERS=3
		*hung hung.bash VERS=4.2 HANGS=${HANGS:-6}
		v3-hung hung.bash VERS=3 HANGS=${HANGS:-6}
		*slurm slurm.bash VERS=4.2 HOSTS=none
		v3-slurm slurm.bash VERS=3 HOSTS=none
		twins sharing.bash VERS=4.2 HOSTS=twin
		cost measure.bash VERS=4.2
		v3-cost measure.bash VERS=3
	EOF
}

wanted() {	# NAME, perhaps with a star
	case ${GUESTS:-} in
	'') [[ $1 == \** ]] ;;
	all) true ;;
	*) [[ " $GUESTS " == *" ${1#\*} "* ]] ;;
	esac
}

why=$("$here/uml" --why-not)
if [ -n "$why" ]; then
	echo "1..0 # SKIP $why"
	exit
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/belay-nfs-XXXXXX") || exit 1
pids=()
cleanup() {
	kill "${pids[@]}" 2>/dev/null
	wait
	[ "${KEEP:-}" ] && echo "# everything is in $dir" || rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP

number=0
failed=0
say() {		# STATUS TEXT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

report() {	# GUEST: what its scenarios have left, in their order
	local guest=$1 status ms name title
	while read -r status ms name title; do
		say "$status" "$guest: $title"
		echo "# $((ms / 1000)).$((ms % 1000 / 100)) s"
		[ "$status" -eq 0 ] && sed -n '/[0-9] ms$/s/^/#   /p' "$dir/$guest/$name.log"
		[ "$status" -eq 0 ] || tail -n 40 "$dir/$guest/$name.log" | sed 's/^/# /'
	done <"$dir/$guest/results"
}

while read -r name script variables; do
	wanted "$name" || continue
	name=${name#\*}
	mkdir "$dir/$name"
	: >"$dir/$name/results"
	# shellcheck disable=SC2086  # a list of words
	"$here/uml" "$dir/$name" "$here/$script" $variables &
	pids+=($!)
	names+=("$name")
done < <(guests)

for i in "${!pids[@]}"; do
	wait "${pids[i]}"
	status=$?
	report "${names[i]}"
	say $status "${names[i]}: the guest came to its end"
	[ $status -eq 0 ] || tail -n 20 "$dir/${names[i]}/console" | sed 's/^/# /'
done
pids=()
echo "1..$number"
exit $failed
