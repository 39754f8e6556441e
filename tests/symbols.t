#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# symbols.t - spank_belay.so shows Slurm what it looks for, and nothing else; so
#             does libbelay.so to applications
#
# It is loaded into slurmd and slurmstepd, as root, beside some 1500 names of
# theirs: a visible name of ours would be replaced by theirs, `init` and `fini`
# would be called, and a library of ours would come into every step.

here=$(cd "$(dirname "$0")" && pwd)
so=${BUILD:-$here/../build}/spank_belay.so
n=0

# none NAME LIST: no line is in the list
none() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

symbols() {
	nm -D --format=posix "$so" | sed 's/@[^ ]*//' | LC_ALL=C sort
}

[ -e "$so" ] || {
	echo "Bail out! $so is not built"
	exit 1
}

none "nothing is visible but what SPANK asks for" "$(symbols |
	awk '$2 ~ /[A-TV-Z]/ { print $1 }' |
	grep -vxE 'plugin_(name|type|version)|spank_plugin_version|slurm_spank_[a-z_]+')"

none "every hook is one that Slurm calls" "$(symbols |
	awk '$2 == "T" { print $1 }' |
	grep -vxE 'slurm_spank_(init|init_post_opt|task_init|task_exit|job_epilog)')"

none "what Slurm must find is there" "$(
	for name in plugin_name plugin_type plugin_version \
		    spank_plugin_version slurm_spank_init \
		    slurm_spank_init_post_opt slurm_spank_task_init \
		    slurm_spank_task_exit slurm_spank_job_epilog; do
		symbols | grep -qE "^$name [A-TV-Z]" || echo "$name is missing"
	done)"

none "libc is the only library" "$(readelf -d "$so" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^libc\.so')"

# Undefined names have a version of glibc's, or are the host's to give.
none "only libc and the host are asked for names" "$(
	nm -D "$so" | awk '$1 == "U" && $2 !~ /@/ { print $2 }' |
	grep -vE '^spank_[a-z_]+$|^slurm_(error|info|spank_log)$')"

none "spank_job_control_* is not called where it crashes" "$(symbols |
	grep -E '^spank_job_control_(get|unset)env ')"

none "no thread, no exit handler, no file of stdio" "$(symbols |
	grep -E '^(pthread_create|atexit|on_exit|fopen|printf|puts|dlopen) ')"

none "no text relocation and no executable stack" "$(
	readelf -dlW "$so" | grep -E 'TEXTREL|GNU_STACK.*RWE')"

# What applications link: every name of it may clash with one of theirs.
lib=${so%/*}/libbelay.so

none "libbelay.so shows belay_* and nothing else" "$(
	nm -D --defined-only --format=posix "$lib" | awk '{ print $1 }' |
	sed 's/@.*//' | grep -vxE 'belay_[a-z0-9_]+|BELAY_[0-9]+')"

none "it needs libc, the checksums and the compression" "$(
	readelf -d "$lib" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	grep -vE '^(libc|libpthread|libxxhash|libzstd|ld-linux[a-z0-9-]*|lib[a-z]+san)\.so')"

none "no exit handler, no output, no signal handler" "$(
	nm -D --format=posix "$lib" | sed 's/@[^ ]*//' |
	grep -E '^(atexit|on_exit|exit|_exit|printf|puts|signal|sigaction) ')"

echo "1..$n"
