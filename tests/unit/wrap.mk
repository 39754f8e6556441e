# SPDX-License-Identifier: Apache-2.0
# WRAP_<test> = system calls that it replaces; EXTRA_<test> = objects outside
# lib/ that it links.
WRAP_test_fs = fsync fdatasync linkat renameat write
WRAP_test_run = openat
WRAP_test_root = getpwuid
WRAP_test_move = fsync renameat
WRAP_test_tree = copy_file_range
WRAP_test_damage = fsync fdatasync
WRAP_test_commit = fsync fdatasync renameat write read
WRAP_test_part_durable = fsync
WRAP_test_part_async = pwritev
WRAP_test_part_auto = pwritev
WRAP_test_part_failures = malloc calloc realloc posix_memalign mmap openat \
  fsync pwritev pread team_start
WRAP_test_prune = run_check_fence clock_wall_us
WRAP_test_packed = linkat renameat
WRAP_test_saves = fsync
WRAP_test_full = fstatvfs
EXTRA_test_due = -lm
WRAP_test_restore = write read fsync
WRAP_test_failures = fsync fdatasync mkdirat linkat renameat write pwrite read \
  openat malloc calloc realloc strdup posix_memalign

# The plugin's files; those that speak SPANK find a fake of it in fake.c.
plugin_o = $(patsubst %,$(B)/plugin/%.o,$(1))
EXTRA_test_reply       = $(call plugin_o,reply)
EXTRA_test_arguments   = $(call plugin_o,arguments)
EXTRA_test_environment = $(call plugin_o,environment)
EXTRA_test_agent       = $(call plugin_o,agent child environment owner reply)
FAKE_SPANK := $(B)/tests/unit/plugin/fake.o
EXTRA_test_hooks_submit = $(PLUGIN_OBJ) $(FAKE_SPANK)
EXTRA_test_hooks_job   = $(PLUGIN_OBJ) $(FAKE_SPANK)
$(patsubst %,$(B)/tests/unit/plugin/test_hooks_%,submit job): $(FAKE_SPANK)
$(filter $(B)/tests/unit/plugin/%,$(UNIT)): $(PLUGIN_OBJ)
WRAP_test_executor = mkdirat fsync renameat clock_mono_ns
WRAP_test_writer = pwrite run_check_fence fs_type openat
WRAP_test_close = fs_type close
WRAP_test_shell = gethostname
WRAP_test_read = fs_read

# Parts of belay map.
map_o = $(patsubst %,$(B)/cmd/map/%.o,$(1))
EXTRA_test_items    = $(call map_o,items)
EXTRA_test_command  = $(call map_o,command)
EXTRA_test_queue    = $(call map_o,queue)
EXTRA_test_members  = $(call map_o,members)
EXTRA_test_capture  = $(call map_o,capture)
EXTRA_test_progress = $(call map_o,progress)
EXTRA_test_staging  = $(call map_o,staging)
EXTRA_test_executor = $(call map_o,executor task slot spawn settle staging \
                        capture command) -lpthread
EXTRA_test_account  = $(call map_o,account ledger recorder queue members show \
                        progress capture) -lpthread
EXTRA_test_wire     = $(call map_o,wire command)
EXTRA_test_link     = $(call map_o,link_zmq door) $(MAP_LIBS)
EXTRA_test_rendezvous = $(call map_o,rendezvous)
EXTRA_test_nodes    = $(call map_o,nodes address here)
$(filter $(B)/tests/unit/map/%,$(UNIT)): \
	$(filter $(B)/cmd/map/%,$(BELAY_OBJ))

# The moments happen in a world of their own, where nobody really sleeps.
WORLD := $(B)/tests/unit/dispatch/world.o
WRAP_test_begin = clock_sleep_ms openat linkat
WRAP_test_joined = clock_sleep_ms
WRAP_test_claim = clock_sleep_ms mkdirat linkat
WRAP_test_race  = clock_sleep_ms mkdirat linkat fsync fdatasync
WRAP_test_end   = clock_sleep_ms clock_mono_ns
WRAP_test_after = clock_sleep_ms
WRAP_test_hold  = clock_sleep_ms mkdirat
WRAP_test_told  = clock_sleep_ms
WRAP_test_deadly = clock_sleep_ms
EXTRA_test_begin = $(WORLD)
EXTRA_test_joined = $(WORLD)
EXTRA_test_claim = $(WORLD)
EXTRA_test_race  = $(WORLD)
EXTRA_test_end   = $(WORLD)
EXTRA_test_after = $(WORLD)
EXTRA_test_hold  = $(WORLD)
EXTRA_test_told  = $(WORLD)
EXTRA_test_deadly = $(WORLD)
$(patsubst %,$(B)/tests/unit/dispatch/test_%,begin joined claim race end after hold told deadly): $(WORLD)

# What the verbs of belay(1) gather before they print.
EXTRA_test_story = $(B)/cmd/belay/story.o
$(B)/tests/unit/cmd/test_story: $(B)/cmd/belay/story.o
