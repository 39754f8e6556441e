# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# belay.bash - completion of belay(1) in bash
#
# Verbs and options are asked of belay itself, so they are always those that
# the installed one has.  Put it into /usr/share/bash-completion/completions/
# as "belay", or source it.

# "status", "checkpoint save": those of 'belay help'
_belay_verbs() {
	belay help 2>/dev/null | sed -n 's/^  \([a-z][a-z -]*[a-z]\)   *.*/\1/p'
}

# The options of the verb that is given.
_belay_options() {
	belay "$@" --help 2>/dev/null |
		sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p'
}

_belay_runs() {
	belay status --json 2>/dev/null |
		sed -n 's/^ *"run": "\(.*\)",$/\1/p'
}

_belay_is_verb() {
	_belay_verbs | grep -qx -- "$1"
}

_belay() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local first=${COMP_WORDS[1]-} second=${COMP_WORDS[2]-} verb words

	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$(_belay_verbs | sed 's/ .*//')
	elif _belay_is_verb "$first"; then
		verb=$first
	elif [ "$COMP_CWORD" -eq 2 ]; then
		words=$(_belay_verbs | sed -n "s/^$first //p")
	else
		verb="$first $second"
	fi
	if [ -n "$verb" ]; then
		case $prev:$verb:$cur in
		--run:*) words=$(_belay_runs) ;;
		--root:* | --into:*) words=$(compgen -d -- "$cur") ;;
		*:*:-*)
			# shellcheck disable=SC2086
			words=$(_belay_options $verb) ;;
		*:status:* | *:why:* | *:events:*) words=$(_belay_runs) ;;
		*:help:*) words=$(_belay_verbs | sed 's/ .*//') ;;
		*) words=$(compgen -f -- "$cur") ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur" | sort -u)
}

complete -F _belay belay
