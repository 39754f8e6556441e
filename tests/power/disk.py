# SPDX-License-Identifier: Apache-2.0
"""disk.py - a file system on a disk of its own, whose power can be cut

For a private mount namespace: the image lies in a tmpfs there, and the loop
device clears itself, so all is gone with the last process in it, however that
dies.
"""
import ctypes
import errno
import fcntl
import os
import struct
import subprocess
import time

LOOP_CTL_GET_FREE, LOOP_CONFIGURE, AUTOCLEAR = 0x4C82, 0x4C0A, 4
FS_IOC_SHUTDOWN = 0x8004587D
NOTHING_MORE, LOG_ONLY = 2, 1	# what reaches the disk when the power goes

MAKE = {
    'ext4': ['mkfs.ext4', '-q', '-F'],
    'xfs': ['mkfs.xfs', '-q', '-f'],
    'btrfs': ['mkfs.btrfs', '-q', '-f'],
}
# With auto_da_alloc ext4 syncs what is renamed, which others do not.
OPTIONS = {'ext4': 'noauto_da_alloc'}

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *args):
    if function(*args) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f'{args}: {os.strerror(code)}')


def mount(what, where, kind, options=''):
    call(libc.mount, what.encode(), where.encode(), kind.encode(), 0,
         options.encode())


def unmount(where, deadline=30):
    """Those who were killed there may take a moment to go."""
    until = time.monotonic() + deadline
    while libc.umount2(where.encode(), 0) < 0:
        if ctypes.get_errno() != errno.EBUSY or time.monotonic() > until:
            raise OSError(ctypes.get_errno(), f'cannot unmount {where}')
        time.sleep(0.002)


def attach(image):
    """A loop device over image: its path, and the descriptor that keeps it."""
    backing = os.open(image, os.O_RDWR | os.O_CLOEXEC)
    control = os.open('/dev/loop-control', os.O_RDWR | os.O_CLOEXEC)
    while True:
        path = f'/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}'
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        config = bytearray(struct.pack('<II', backing, 0)) + bytearray(296)
        # struct loop_info64 begins at 8, lo_flags are at 52 in it
        struct.pack_into('<I', config, 8 + 52, AUTOCLEAR)
        try:
            fcntl.ioctl(fd, LOOP_CONFIGURE, bytes(config))
            break
        except OSError as e:	# another one was faster
            os.close(fd)
            if e.errno != errno.EBUSY:
                raise
    os.close(backing)
    os.close(control)
    return path, fd


class Disk:
    def __init__(self, kind, where, size='320M'):
        self.kind, self.where = kind, where
        image = f'{where}.image'
        subprocess.run(['truncate', '-s', size, image], check=True)
        self.device, self.fd = attach(image)
        env = dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin')
        subprocess.run(MAKE[kind] + [self.device], check=True, env=env)
        os.makedirs(where, exist_ok=True)
        self.mount()

    def mount(self):
        mount(self.device, self.where, self.kind, OPTIONS.get(self.kind, ''))

    def cut(self, what):
        fd = os.open(self.where, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.ioctl(fd, FS_IOC_SHUTDOWN, struct.pack('<I', what))
        os.close(fd)

    def power_again(self):
        unmount(self.where)
        self.mount()
