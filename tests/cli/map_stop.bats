#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# map_stop.bats - belay map is stopped, fenced, or typed twice

# shellcheck disable=SC2154  # stderr, pid and run_dir are set elsewhere
bats_require_minimum_version 1.5.0
load map

@test "SIGTERM: what is done counts, the rest is for the next: 75" {
	script slow <<-'EOF'
		echo x >>ran/$1
		[ $1 -lt 4 ] || sleep 30
		echo $1
	EOF
	start --chunks 8 -- ./slow >out 2>err
	wait_for test -e ran/5
	SECONDS=0
	kill -TERM $pid
	ends_with 75
	[ "$SECONDS" -le 3 ]
	[ "$(sort out | paste -sd' ')" = "0 1 2 3" ]
	grep -q 'stopped by signal 15' err
	grep -q 'not finished' err
	[ ! -e .belay-tmp ]
	sed -i 's/sleep 30/:/' slow
	run -0 --separate-stderr map --chunks 8 -- ./slow
	[[ $stderr == *"8 chunks, 4 done before, 4 to do"* ]]
	[ "$(sort <<<"$output" | paste -sd' ')" = "4 5 6 7" ]
	[ "$(cat ran/[0-3] | wc -l)" -eq 4 ]
}

@test "a run that was stopped by hand is cancelled, and says what goes on" {
	for signal in INT TERM; do
		run -75 map --run $signal --chunks 3 -- \
			sh -c "kill -$signal \$PPID; sleep 30"
		run -0 belay status $signal
		[[ $output == *"cancelled, attempt 1 ended"* ]]
		[[ $output == *"belay map was stopped by signal "* ]]
		run -0 belay why $signal
		[[ $output == *"was cancelled"* ]]
		[[ $output == *"The same command continues where it stopped."* ]]
		[[ $output != *"See to the cause"* ]]
	done
}

@test "a chunk that ends well while all is stopped counts" {
	script polite <<-'EOF'
		trap 'echo saved; exit 0' TERM
		>ran/$1
		sleep 30 & wait
	EOF
	start --chunks 2 -- ./polite >out 2>err
	wait_for test -e ran/1
	sleep 0.2
	kill -TERM $pid
	ends_with 0
	[ "$(grep -c saved out)" -eq 2 ]
}

@test "two at once are refused, naming the process" {
	start --chunks 1 -- sh -c '>ran/$0; while [ ! -e go ]; do sleep 0.05; done'
	wait_for test -e ran/0
	run -1 map --chunks 1 -- \
		sh -c '>ran/$0; while [ ! -e go ]; do sleep 0.05; done'
	touch go
	ends_with 0
	[[ $output == *"process $pid of this host works on run"* ]]
}

@test "a newer attempt fences the older one: it stops, and says which" {
	start --run fenced --chunks 500 -- sh -c '>ran/$0; sleep 0.02' 2>err
	wait_for test -e ran/5
	mkdir -m 700 "$BELAY_ROOT/local/fenced/attempts/000002"
	SECONDS=0
	ends_with 75
	[ "$SECONDS" -le 3 ]
	grep -q 'a newer attempt has taken over' err
	[ "$(find ran -type f | wc -l)" -lt 500 ]
}

@test "an attempt that is fenced from the start is not the one to go on: 75" {
	make_run job
	begin_attempt 1 5
	begin_attempt 2 4
	inside 1
	run -75 map --chunks 3 -- sh -c '>ran/$0'
	[[ $output == *"attempt 2"* ]]
	[ -z "$(ls ran)" ]
}

@test "on a terminal there is a bar that fits, and gives way to output" {
	python3 - "$BELAY" >screen <<-'PY'
	import fcntl, os, pty, struct, sys, termios
	pid, fd = pty.fork()
	if pid == 0:
	    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('4H', 24, 50, 0, 0))
	    os.execl(sys.argv[1], 'belay', 'map', '-j2', '--chunks', '30', '--',
	             'sh', '-c', 'sleep 0.05; echo out $0')
	data = b''
	while True:
	    try:
	        piece = os.read(fd, 4096)
	    except OSError:
	        break
	    if not piece:
	        break
	    data += piece
	os.waitpid(pid, 0)
	sys.stdout.buffer.write(data)
	PY
	python3 - <<-'PY'
	import re
	screen = open('screen', newline='').read().replace('\r\n', '\n')
	bars = re.findall(r'\r([^\r\x1b\n]+)\x1b\[K', screen)
	assert len(bars) > 3, screen
	assert all(len(bar) < 50 for bar in bars), bars
	assert any(bar.startswith('[=') and '/30 ' in bar for bar in bars), bars
	for i in range(30):
	    assert re.search(r'(^|\n|\x1b\[K)out %d\n' % i, screen), i
	PY
}
