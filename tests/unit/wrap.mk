# SPDX-License-Identifier: Apache-2.0
# WRAP_<test> = system calls that it replaces; EXTRA_<test> = objects outside
# lib/ that it links.
WRAP_test_fs = fsync fdatasync linkat write
WRAP_test_commit = fsync fdatasync renameat write read
WRAP_test_restore = write
