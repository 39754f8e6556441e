#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# layers.sh [TREE] - check that every room looks only where it may
#
# lib/LAYERS says which room may include which, and which foreign header only
# one of them may.  The doors outside lib/ are in the table below.  Prints each
# line that breaks a rule; exit status 1 if there is one.

cd "${1:-$(dirname "$0")/..}" || exit 2
# shellcheck disable=SC2016  # these are awk's dollars
find lib cmd plugin -name '*.[ch]' | LC_ALL=C sort | xargs awk '
BEGIN {
	alone["<zmq.h>"] = "cmd/map"
	alone["<slurm/spank.h>"] = "plugin"
	calls = "(^|[^A-Za-z0-9_])(fsync|fdatasync|syncfs|rename|renameat|" \
		"renameat2|link|linkat)[ \t]*\\("
	half = "recording"
}

function complain(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}

# A row of LAYERS: the rooms that it names must have come before it, and a
# recording room names no deciding one, for those come after the dashes.
function read_row(	i, room) {
	room = $1
	if (room == "--") {
		half = "deciding"
		return
	}
	for (i = 2; i <= NF; i++) {
		if ($i ~ /^</)
			alone[$i] = "lib/" room
		else if ($i in rooms)
			may[room, $i] = 1
		else
			complain(room " may not look up to " $i)
	}
	rooms[room] = half
}

# The line without comments and without what is inside quotes.
function code_of(line,	code, at) {
	code = ""
	while (line != "") {
		if (in_comment) {
			at = index(line, "*/")
			if (!at)
				return code
			in_comment = 0
			line = substr(line, at + 2)
		} else if (match(line, quoted_or_comment)) {
			code = code substr(line, 1, RSTART - 1)
			if (substr(line, RSTART, 2) == "//")
				return code
			in_comment = substr(line, RSTART, 2) == "/*"
			line = substr(line, RSTART + RLENGTH)
		} else {
			return code line
		}
	}
	return code
}

function check_foreign(header) {
	if (header in alone) {
		if (alone[header] != place)
			complain("only " alone[header] "/ may include " header)
	} else if (header ~ /^<slurm\//) {
		complain("nobody may include " header)
	}
}

function check_room(header, to) {
	if (to == "belay")
		return
	if (place == "plugin")
		ok = to == "plugin"
	else if (place ~ /^cmd\//)
		ok = to == "cmd" || (to in rooms && to != "slurm") ||
		     (to == "slurm" && place == "cmd/agent")
	else
		ok = to == from || (from, to) in may
	if (!ok)
		complain(place "/ may not include \"" header "\"")
}

function check_include(line,	header) {
	if (match(line, /<[^>]*>/)) {
		check_foreign(substr(line, RSTART, RLENGTH))
	} else if (match(line, /"[^"]*"/)) {
		header = substr(line, RSTART + 1, RLENGTH - 2)
		check_room(header, substr(header, 1, index(header, "/") - 1))
	}
}

FILENAME == "lib/LAYERS" {
	if (!/^#/ && NF)
		read_row()
	next
}
FNR == 1 {
	quoted_or_comment = "\\/[*]|\\/\\/|\"([^\"\\\\]|\\\\.)*\"|" q \
			    "([^" q "\\\\]|\\\\.)+" q
	in_comment = 0
	place = FILENAME
	sub(/\/[^\/]*$/, "", place)
	from = place
	sub(/^lib\//, "", from)
	if (place ~ /^lib\// && !(from in rooms))
		complain("lib/LAYERS does not know the room " from)
}
!in_comment && /^[ \t]*#[ \t]*include/ {
	check_include($0)
}
code_of($0) ~ calls {
	if (place != "lib/fs")
		complain("only lib/fs/ may make names and bytes durable: " $0)
}
END {
	exit bad
}' "q='" lib/LAYERS
