# SPDX-License-Identifier: Apache-2.0
#
#   make              spank_belay.so, belay, belay-agent, libbelay.so, in build/
#   make deps         install what is missing, or print the command that would
#   make demo         a private Slurm, a job whose node dies, the recovery, the proof
#   make check        every test, ending in totals (alone from a bare clone)
#   make check-quick  those that need no Slurm
#   make check-versions  on the Slurm of other Debian releases: VERSIONS="bookworm trixie forky"
#   make bench        ratios against the thing beside it, in the same run
#   make fuzz         SECONDS=60 for each decoder
#   make mutate       leave every sync out in turn, and see a test miss it
#   make lint         shellcheck, cppcheck, codespell
#   make install      DESTDIR= prefix=/usr/local plugindir= sysconfdir=/etc;
#                     pythondir=DIR: slurm_belay too
#
#   DEV=1             warnings are errors
#   SAN=1             ASan and UBSan, in build-san/ (not the plugin)
#   SAN=thread        TSan, in build-tsan/, for map, the API and the agent
#   V=1               show the commands
#   SLURM_PREFIX=DIR  headers and libraries of another Slurm
#   TESTS="FILE ..."  what `make check` runs

VERSION  := $(shell cat VERSION)
SOMAJOR  := 0

prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
libdir      ?= $(exec_prefix)/lib
libexecdir  ?= $(exec_prefix)/libexec/belay
includedir  ?= $(prefix)/include
datadir     ?= $(prefix)/share
mandir      ?= $(datadir)/man
sysconfdir  ?= /etc
# Where Slurm looks for plugins: beside the ones it came with.
plugindir   ?= $(firstword $(patsubst %/,%,$(dir $(wildcard \
                 $(SLURM_PREFIX)/lib/slurm/auth_munge.so \
                 /usr/lib/*/slurm-wlm/auth_munge.so \
                 /usr/lib64/slurm/auth_munge.so /usr/lib/slurm/auth_munge.so))) \
                 $(libdir)/slurm)

ifeq ($(SAN),thread)
B := build-tsan
SANITIZE := -fsanitize=thread
else ifdef SAN
B := build-san
SANITIZE := -fsanitize=address,undefined
else
B := build
endif

# The rooms of lib/, bottom to top; those above the dashes are libbelay.so.
ROOMS     := $(shell sed '/^\#/d; s/ .*//' lib/LAYERS)
RECORDING := $(shell sed '/^\#/d; /^--/,$$d; s/ .*//' lib/LAYERS)
DECIDING  := $(filter-out slurm --,$(filter-out $(RECORDING),$(ROOMS)))

CC       ?= cc
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wwrite-strings -Wcast-qual -Wvla -Wundef \
            -Wno-format-truncation  # cutting is meant, or text_format() is used
ifdef SLURM_PREFIX
SLURM_CPPFLAGS := -I$(SLURM_PREFIX)/include
SLURM_LIBS     := -L$(SLURM_PREFIX)/lib -Wl,-rpath,$(SLURM_PREFIX)/lib -lslurm
else
SLURM_LIBS     := -lslurm
endif

ALL_CPPFLAGS = -D_GNU_SOURCE -Iinclude -Ilib -I. $(CPPFLAGS) -MMD -MP \
               -DBELAY_VERSION='"$(VERSION)"'
ALL_CFLAGS   = -std=gnu11 -fPIC -fvisibility=hidden $(WARN) $(CFLAGS)
ALL_LDFLAGS  = -Wl,-z,relro,-z,now $(LDFLAGS)
ifdef DEV
ALL_CFLAGS  += -Werror
endif
ifdef SAN
ALL_CFLAGS  += $(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += $(SANITIZE)
else
ALL_CFLAGS  += -fstack-protector-strong -D_FORTIFY_SOURCE=2
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' '$(1)' '$(2)')

room_src  = $(foreach room,$(1),$(sort $(wildcard lib/$(room)/*.c)))
objects   = $(patsubst %.c,$(B)/%.o,$(1))

RECORD_OBJ := $(call objects,$(call room_src,$(RECORDING)))
DECIDE_OBJ := $(call objects,$(call room_src,$(DECIDING)))
SLURM_OBJ  := $(call objects,$(call room_src,slurm))
PLUGIN_OBJ := $(call objects,$(sort $(wildcard plugin/*.c)))
BELAY_OBJ  := $(call objects,$(sort $(wildcard cmd/belay/*.c cmd/map/*.c)))
AGENT_OBJ  := $(call objects,$(sort $(wildcard cmd/agent/*.c)))

RECORD_LIBS := -lxxhash -lzstd -lpthread
DECIDE_LIBS := -lyaml -lsodium
MAP_LIBS    := -lzmq

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo check check-quick check-cluster check-versions bench \
        fuzz lint install uninstall clean format

all: $(B)/libbelay.so $(B)/belay $(B)/belay-agent $(B)/spank_belay.so

# ---- what is built ---------------------------------------------------------

$(B)/%.o: %.c | have-deps
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $($(firstword $(subst /, ,$*))_CPPFLAGS) \
	  $(ALL_CFLAGS) -c -o $@ $<
$(SLURM_OBJ) $(PLUGIN_OBJ): ALL_CPPFLAGS += $(SLURM_CPPFLAGS)
$(PLUGIN_OBJ): ALL_CPPFLAGS += -DBELAY_AGENT='"$(libexecdir)/belay-agent"'
$(BELAY_OBJ): ALL_CPPFLAGS += -DBELAY_AGENT='"$(libexecdir)/belay-agent"'

# What is compiled in from outside: other values, other objects.  So `make` and
# then `make install prefix=/usr` is right.
COMPILED_IN := $(libexecdir) $(SLURM_PREFIX) $(VERSION)
$(B)/compiled-in: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILED_IN)' | cmp -s - $@ || echo '$(COMPILED_IN)' > $@
$(PLUGIN_OBJ) $(BELAY_OBJ) $(AGENT_OBJ) $(SLURM_OBJ) $(B)/lib/base/error.o: \
	$(B)/compiled-in
.PHONY: FORCE

$(B)/libbelay.so.$(SOMAJOR): $(RECORD_OBJ) lib/belay.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libbelay.so.$(SOMAJOR) \
	  -Wl,--version-script=lib/belay.map $(if $(SAN),,-Wl,--no-undefined) \
	  $(ALL_LDFLAGS) -o $@ $(RECORD_OBJ) $(RECORD_LIBS)
$(B)/libbelay.so: $(B)/libbelay.so.$(SOMAJOR)
	$(Q)ln -sf libbelay.so.$(SOMAJOR) $@

# The objects once more, for the tools and for unit tests, which may see what
# the library hides.
$(B)/librecording.a: $(RECORD_OBJ)
	$(Q)$(AR) rcs $@ $^
$(B)/libdeciding.a: $(DECIDE_OBJ)
	$(Q)$(AR) rcs $@ $^
$(B)/libslurmroom.a: $(SLURM_OBJ)
	$(Q)$(AR) rcs $@ $^

$(B)/belay: $(BELAY_OBJ) $(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(BELAY_OBJ) $(B)/libdeciding.a \
	  $(B)/librecording.a $(RECORD_LIBS) $(DECIDE_LIBS) $(MAP_LIBS) -lpthread

$(B)/belay-agent: $(AGENT_OBJ) $(B)/libslurmroom.a $(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(AGENT_OBJ) $(B)/libslurmroom.a \
	  $(B)/libdeciding.a $(B)/librecording.a $(RECORD_LIBS) $(DECIDE_LIBS) \
	  $(SLURM_LIBS) -lpthread

# Loaded into slurmd, slurmstepd, sbatch: nothing but libc, nothing exported
# but what SPANK asks for.  Undefined spank_* come from the host.
$(B)/spank_belay.so: $(PLUGIN_OBJ) plugin/belay.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,--version-script=plugin/belay.map \
	  -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $(PLUGIN_OBJ)
ifdef SAN
$(PLUGIN_OBJ): ALL_CFLAGS := $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS))
endif

# ---- dependencies ----------------------------------------------------------

.PHONY: have-deps
have-deps:
	$(Q)contrib/deps.sh build
deps:
	contrib/deps.sh build test
	contrib/deps.sh nfs || echo "tests on NFS will be skipped"

# ---- tests -----------------------------------------------------------------

UNIT    := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/*/test_*.c)))
UNIT_O  := $(call objects,$(wildcard tests/support/*.c))
SCRIPTS := $(sort $(wildcard tests/*.t tests/cli/*.bats tests/cli/*.t \
             tests/format/*.t tests/abi/*.t tests/crash/*.t tests/fuzz/*.t tests/power/*.t tests/power/*.bats \
             tests/examples/*.bats tests/examples/*.t tests/python/*.t))
CLUSTER := $(sort $(wildcard tests/cluster/*.bats tests/cluster/*.t \
             tests/versions/*.t))
NFS     := $(sort $(wildcard tests/nfs/*.t))

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(UNIT_O) $(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(WRAP_$(notdir $@):%=-Wl,--wrap=%) -o $@ $< \
	  $(EXTRA_$(notdir $@)) \
	  $(UNIT_O) $(B)/libdeciding.a $(B)/librecording.a $(RECORD_LIBS) \
	  $(DECIDE_LIBS) -lcmocka
# System calls that a unit test replaces, and objects outside lib/ it looks at.
include tests/unit/wrap.mk

# Programs that scripts of tests/format and tests/crash run.
HELPERS := $(patsubst %.c,$(B)/%,$(wildcard tests/format/*.c tests/crash/*.c \
             tests/security/*.c))
$(HELPERS): $(B)/%: $(B)/%.o $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(B)/librecording.a $(RECORD_LIBS)

# Those of tests/power also act as the agent does, and wait for nobody.
POWER := $(patsubst %.c,$(B)/%,$(wildcard tests/power/*.c))
$(POWER): $(B)/%: $(B)/%.o $(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< \
	  $(B)/libdeciding.a $(B)/librecording.a $(RECORD_LIBS) $(DECIDE_LIBS)
$(B)/tests/power/moments: ALL_LDFLAGS += $(addprefix -Wl$(comma)--wrap=, \
                             clock_sleep_ms fsync fdatasync)
comma := ,
HELPERS += $(POWER)

# A name service for tests/cluster/users.bats.
SLOW_NAMES := $(B)/tests/security/nss/slow.so
$(SLOW_NAMES): $(B)/tests/security/nss/slow.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(ALL_LDFLAGS) -o $@ $<
HELPERS += $(SLOW_NAMES)

# Preloaded by tests/crash/inject.t.
SHORT := $(B)/tests/crash/inject/short.so
$(SHORT): $(B)/tests/crash/inject/short.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(LDFLAGS) -o $@ $<
HELPERS += $(SHORT)
ifdef SAN	# what it is loaded into may not be sanitized
$(B)/tests/crash/inject/short.o: ALL_CFLAGS := \
    $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS))
endif

# belay-agent with a stand-in for libslurm, for the same test.
AGENT_ALONE := $(B)/tests/crash/inject/belay-agent
$(AGENT_ALONE): $(B)/tests/crash/inject/slurm.o $(AGENT_OBJ) \
		$(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=clock_sleep_ms -o $@ $^ \
	  $(RECORD_LIBS) $(DECIDE_LIBS) -lpthread
HELPERS += $(AGENT_ALONE)
# Which 'belay begin' looks for beside itself.
$(B)/tests/crash/inject/belay: $(B)/belay $(AGENT_ALONE)
	$(Q)cp $< $@
HELPERS += $(B)/tests/crash/inject/belay

# The fuzzers, for what they found once.
FUZZERS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_fuzz_wire  := $(call objects,cmd/map/wire.c cmd/map/command.c)
FUZZ_fuzz_words := $(call objects,cmd/map/items.c)
FUZZ_fuzz_reply := $(call objects,plugin/reply.c)
$(FUZZERS): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o \
		$(BELAY_OBJ) $(PLUGIN_OBJ) $(B)/libdeciding.a $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(B)/tests/fuzz/replay.o \
	  $(FUZZ_$*) $(B)/libdeciding.a $(B)/librecording.a $(RECORD_LIBS) \
	  $(DECIDE_LIBS)

# The examples that tests and the demo run.
EXAMPLES := $(B)/examples/ensemble
$(B)/examples/ensemble: $(wildcard contrib/examples/ensemble/*.[ch])
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -ffp-contract=off $(WARN) -o $@ \
	  contrib/examples/ensemble/*.c -lm

# Three lanes side by side: clusters mostly wait, so there are two of them, the
# others mostly work.
RUN = env BUILD=$(abspath $(B)) $(if $(filter thread,$(SAN)), \
    TSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/tsan.supp) \
  prove --timer --failures --comments -j 3 \
  --rules 'seq=tests/cluster/{a,c,f,h,k,ma}*' --rules 'seq=tests/cluster/**' \
  --rules 'seq=**' --exec tests/run-one
check-quick: all $(UNIT) $(HELPERS) $(FUZZERS) $(EXAMPLES)
	contrib/deps.sh test
	$(RUN) $(or $(TESTS),$(UNIT) $(SCRIPTS))
check-cluster: all $(HELPERS) $(EXAMPLES)
	contrib/deps.sh test
	$(RUN) $(or $(TESTS),$(CLUSTER))
check-versions:
	contrib/deps.sh test
	VERSIONS="$(or $(VERSIONS),bookworm trixie forky)" prove --timer --failures \
	  --comments --exec tests/run-one tests/versions/versions.t
check: deps
	$(MAKE) all unit examples
	$(RUN) $(or $(TESTS),$(UNIT) $(SCRIPTS) $(CLUSTER) $(NFS))
.PHONY: unit examples
unit: $(UNIT) $(HELPERS) $(FUZZERS)
examples: $(EXAMPLES)

demo: deps
	$(MAKE) all examples
	BUILD=$(abspath $(B)) contrib/demo/demo.sh

$(B)/tests/bench/record: $(B)/tests/bench/record.o $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(RECORD_LIBS) -lsqlite3

$(B)/tests/bench/pack: $(B)/tests/bench/pack.o $(B)/tests/bench/rows.o $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(RECORD_LIBS)

$(B)/tests/bench/api: $(B)/tests/bench/api.o $(B)/tests/bench/rows.o $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(RECORD_LIBS) -lsqlite3

$(B)/tests/bench/spawn: $(B)/tests/bench/spawn.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
$(B)/tests/bench/crowd: $(B)/tests/bench/crowd.o $(call objects,$(addprefix \
                        cmd/map/,$(addsuffix .c,link_zmq door rendezvous wire \
                        command outbox capture))) $(B)/librecording.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(RECORD_LIBS) $(MAP_LIBS) -lpthread

# It is what slurmstepd is to the plugin, so it exports what that does.
$(B)/tests/bench/hooks: tests/bench/hooks.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SLURM_CPPFLAGS) $(CPPFLAGS) -D_GNU_SOURCE -std=gnu11 $(WARN) \
	  $(CFLAGS) -rdynamic $(LDFLAGS) -o $@ $< -ldl

bench: all examples $(addprefix $(B)/tests/bench/,record api pack spawn crowd hooks)
	BUILD=$(abspath $(B)) tests/bench/bench.sh

# Every sync is left out in turn, and a test must miss it.
mutate: all unit
	contrib/deps.sh test
	BUILD=$(abspath $(B)) SHARE=0/1 tests/power/mutate.t
.PHONY: mutate

SECONDS ?= 60
fuzz:
	contrib/deps.sh build fuzz
	tests/fuzz/fuzz.sh $(SECONDS)

lint:
	contrib/deps.sh lint
	tests/lint.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# ---- installing ------------------------------------------------------------

INSTALL ?= install
# Each function has a page that leads to belay(3).
FUNCTIONS = $(shell nm -D --defined-only $(B)/libbelay.so.$(SOMAJOR) | \
              sed -n 's/.* T \(belay_[a-z_]*\).*/\1/p')
install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) \
	  $(DESTDIR)$(libexecdir) $(DESTDIR)$(includedir)/belay \
	  $(DESTDIR)$(plugindir) $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 \
	  $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(libdir)/pkgconfig \
	  $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(datadir)/belay
	$(INSTALL) -m 755 $(B)/belay $(DESTDIR)$(bindir)/
	$(INSTALL) -m 755 $(B)/belay-agent $(DESTDIR)$(libexecdir)/
	$(INSTALL) -m 755 $(B)/libbelay.so.$(SOMAJOR) $(DESTDIR)$(libdir)/
	ln -sf libbelay.so.$(SOMAJOR) $(DESTDIR)$(libdir)/libbelay.so
	$(INSTALL) -m 644 include/belay/belay.h $(DESTDIR)$(includedir)/belay/
	sed -e 's|@prefix@|$(prefix)|; s|@exec_prefix@|$(exec_prefix)|' \
	  -e 's|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
	  -e 's|@version@|$(VERSION)|' lib/belay.pc.in \
	  >$(DESTDIR)$(libdir)/pkgconfig/belay.pc
	chmod 644 $(DESTDIR)$(libdir)/pkgconfig/belay.pc
	$(INSTALL) -m 755 $(B)/spank_belay.so $(DESTDIR)$(plugindir)/
	$(INSTALL) -m 644 config/* $(DESTDIR)$(datadir)/belay/
	$(INSTALL) -D -m 644 contrib/completion/belay.bash \
	  $(DESTDIR)$(datadir)/bash-completion/completions/belay
	$(INSTALL) -m 644 man/*.1 $(DESTDIR)$(mandir)/man1/
	$(INSTALL) -m 644 man/*.3 $(DESTDIR)$(mandir)/man3/
	for name in $(FUNCTIONS); do \
	  echo '.so man3/belay.3' >$(DESTDIR)$(mandir)/man3/$$name.3 && \
	  chmod 644 $(DESTDIR)$(mandir)/man3/$$name.3 || exit; done
	$(INSTALL) -m 644 man/*.5 $(DESTDIR)$(mandir)/man5/
	$(INSTALL) -m 644 man/*.8 $(DESTDIR)$(mandir)/man8/
ifdef pythondir
	$(INSTALL) -d $(DESTDIR)$(pythondir)/slurm_belay
	$(INSTALL) -m 644 contrib/python/slurm_belay/*.py \
	  contrib/python/slurm_belay/py.typed $(DESTDIR)$(pythondir)/slurm_belay/
endif

uninstall:
ifdef pythondir
	$(RM) -r $(DESTDIR)$(pythondir)/slurm_belay
endif
	$(RM) $(DESTDIR)$(bindir)/belay $(DESTDIR)$(libexecdir)/belay-agent \
	  $(DESTDIR)$(libdir)/libbelay.so* $(DESTDIR)$(includedir)/belay/belay.h \
	  $(DESTDIR)$(plugindir)/spank_belay.so \
	  $(DESTDIR)$(mandir)/man1/belay.1 $(DESTDIR)$(mandir)/man8/spank_belay.8 \
	  $(DESTDIR)$(mandir)/man8/belay-agent.8 \
	  $(DESTDIR)$(mandir)/man5/belay-policy.5 \
	  $(DESTDIR)$(mandir)/man3/belay.3 $(DESTDIR)$(mandir)/man3/belay_*.3 \
	  $(DESTDIR)$(libdir)/pkgconfig/belay.pc
	$(RM) $(DESTDIR)$(datadir)/bash-completion/completions/belay
	$(RM) -r $(DESTDIR)$(datadir)/belay

clean:
	$(RM) -r build build-san build-tsan

-include $(shell find $(B) -name '*.d' 2>/dev/null)
