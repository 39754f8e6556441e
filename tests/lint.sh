#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh - what programs can say about the style of ours
#
# Runs every check to its end and fails if one of them found something.

cd "$(dirname "$0")/.." || exit 2
bad=0

check() {
	echo "== $1"
	"run_$1" || bad=1
}

# The files of this tree that look like this.
files() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done
}

scripts() {
	files ':!*.bats' | while read -r file; do
		head -n 1 "$file" | grep -aqE '^#!.*[/ ](ba|da)?sh$' &&
			echo "$file"
	done
	files 'tests/cluster/private/*'
}

# In a .bats file and what it loads every command that fails ends the test, and
# words are split on purpose: only what is certainly wrong counts there.
run_shellcheck() {
	scripts | xargs shellcheck --severity=warning &&
		files '*.bats' '*.bash' |
		xargs shellcheck --severity=error
}

# It knows no cleanup attribute, so leaks are left to the sanitizers; it takes
# sizeof(err->text) for a use of err, and "if (x) return x" for a slip.
run_cppcheck() {
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,performance,portability \
		--suppress=memleak --suppress=resourceLeak \
		--suppress=ctunullpointer --suppress='*:/usr/*' \
		--suppress=identicalInnerCondition \
		-D_GNU_SOURCE -D'SPANK_PLUGIN(name, version)=' \
		-DBELAY_AGENT='"/belay-agent"' -DBELAY_VERSION='"0"' \
		-Iinclude -Ilib -I. lib cmd plugin
}

# Tests misspell on purpose.
run_codespell() {
	files ':!LICENSE' ':!tests' | xargs codespell
}

run_text() {
	found=0
	for file in $(files '*.c' '*.h'); do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier' || {
			echo "$file:1: no SPDX line"
			found=1
		}
		grep -nH '[[:space:]]$' "$file" && found=1
	done
	return "$found"
}

run_layers() {
	tests/layers.sh
}

check shellcheck
check cppcheck
check codespell
check text
check layers
exit "$bad"
