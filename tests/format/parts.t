#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# parts.t - parts that a released belay wrote are read, and written, for ever
#
# parts/NAME.part is one, NAME.txt what it holds: to the library, and to a
# reader that was written from doc/FORMAT.md alone.  The two also agree about
# parts that were damaged at random (SEED, ROUNDS).

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
RANDOM=${SEED:=$$}
n=0 status=0

check() {	# check WHAT WANTED GOT
	n=$((n + 1))
	if diff -a "$2" "$3" >"$tmp/diff" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -5 "$tmp/diff" | sed 's/^/# /'
		status=1
	fi
}

library() {
	"$build/tests/format/show_part" "$@"
}

reader() {
	python3 "$here/read_part.py" "$@"
}

export PYTHONIOENCODING=utf-8
mkdir "$tmp/made"
"$build/tests/format/make_part" "$tmp/made"
cp "$here"/parts/*.part "$tmp" && chmod 600 "$tmp"/*.part || exit 1
for said in "$here"/parts/*.txt; do
	name=$(basename "$said" .txt)
	library "$tmp/$name.part" >"$tmp/library"
	reader "$tmp/$name.part" >"$tmp/reader"
	check "the library reads $name" "$said" "$tmp/library"
	check "so does a reader of the document" "$said" "$tmp/reader"
done
for name in whole shared; do
	check "$name would be written so today" "$here/parts/$name.part" \
		"$tmp/made/$name.part"
done
library "$tmp/made/packed.part" >"$tmp/library"
reader "$tmp/made/packed.part" >"$tmp/reader"
check "both read what zstd makes today" "$tmp/library" "$tmp/reader"

# A byte changed, or the end cut off, where it matters and anywhere.
put_byte() {	# put_byte FILE OFFSET
	printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
echo "# SEED=$SEED"
for ((i = 0; i < ${ROUNDS:-30}; i++)); do
	name=$(printf '%s\n' whole packed shared | sed -n "$((RANDOM % 3 + 1))p")
	bad=$tmp/bad.$i.part
	cp "$tmp/$name.part" "$bad"
	size=$(stat -c %s "$bad")
	case $((RANDOM % 4)) in
	0) truncate -s $((size - RANDOM % 600)) "$bad" ;;
	1) put_byte "$bad" $((RANDOM * 17 % size)) ;;
	*) put_byte "$bad" $((size - 1 - RANDOM % 500)) ;;
	esac
done
cp "$tmp/whole.part" "$tmp/bad.block.part"
printf x | dd of="$tmp/bad.block.part" bs=1 seek=20000 conv=notrunc status=none
truncate -s 100 "$tmp/bad.short.part"
library "$tmp"/bad.*.part >"$tmp/library"
reader "$tmp"/bad.*.part >"$tmp/reader"
check "both say the same of damaged ones" "$tmp/reader" "$tmp/library"
n=$((n + 1))
if grep -q damaged "$tmp/library" && grep -q 'not good' "$tmp/library"; then
	echo "ok $n - and find damage"
else
	echo "not ok $n - and find damage"
	status=1
fi
echo "1..$n"
exit $status
