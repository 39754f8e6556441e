#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""abi.t - what slurm_belay says of belay.h is what a C compiler says

A C program is made of the tables of slurm_belay: members that are not there,
and prototypes that differ, do not compile.
"""
import ctypes
import os
import re
import subprocess
import tempfile
import unittest

from support import tap
from support.job import LIBRARY, TREE

from slurm_belay import _abi, _arrays, __version__, errors, library_version

NAMES = {None: "void", ctypes.c_int: "int", ctypes.c_uint: "unsigned",
         ctypes.c_long: "long", ctypes.c_ulong: "unsigned long",
         ctypes.c_double: "double", ctypes.c_char_p: "char *",
         ctypes.c_void_p: "void *"}


def in_c(kind):
    """How C spells a type of ctypes."""
    if kind in NAMES:
        return NAMES[kind]
    if issubclass(kind, ctypes.Structure):
        return "struct %s" % kind.__name__
    if hasattr(kind, "_restype_"):      # a callback, which has a name there
        return "belay_recovery_fn *"
    return in_c(kind._type_) + " *"


def compile_and_run(lines):
    """What a program of these lines prints.  There is no const for ctypes."""
    with tempfile.TemporaryDirectory(prefix="belay-abi-") as base:
        source, program = base + "/abi.c", base + "/abi"
        with open(source, "w", encoding="ascii") as file:
            file.write("#include <stdio.h>\n#include <stdlib.h>\n"
                       "#define const\n#include <belay/belay.h>\n" +
                       "\n".join(lines) + "\n")
        subprocess.run(["cc", "-std=gnu11", "-Wall", "-Werror", "-I",
                        TREE + "/include", "-o", program, source], check=True)
        return subprocess.run([program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split("\n")[:-1]


def say(what, *values):
    return '\tprintf("%s\\n"%s);' % (what, "".join(", " + v for v in values))


class Abi(unittest.TestCase):
    def test_structures_have_the_sizes_and_offsets_of_c(self):
        lines, wanted = ["int main(void)", "{"], []
        for s in _abi.STRUCTURES:
            c = "struct " + s.__name__
            lines.append(say(c + " %zu", "sizeof(%s)" % c))
            wanted.append("%s %d" % (c, ctypes.sizeof(s)))
            for name, kind in s._fields_:
                member = "((%s *)0)->%s" % (c, name)
                lines.append(say("%s.%s %%zu %%zu" % (c, name), "(size_t)&" +
                                 member, "sizeof(%s)" % member))
                wanted.append("%s.%s %d %d" % (c, name, getattr(s, name).offset,
                                               ctypes.sizeof(kind)))
        self.assertEqual(compile_and_run(lines + ["\treturn 0;", "}"]), wanted)
        print("# %d sizes and offsets" % len(wanted), flush=True)

    def test_functions_have_the_prototypes_of_c(self):
        lines = []
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            lines.append("%s %s(%s);" % (
                in_c(result), name, ", ".join(map(in_c, arguments)) or "void"))
        compile_and_run(lines + ["int main(void) { return 0; }"])

    def test_no_function_of_the_library_is_forgotten(self):
        told = subprocess.run(["nm", "-D", "--defined-only", LIBRARY],
                              check=True, text=True, stdout=subprocess.PIPE)
        there = set(re.findall(r" T (belay_\w+)", told.stdout))
        self.assertEqual(set(_abi.FUNCTIONS), there)

    def test_no_structure_of_the_header_is_forgotten(self):
        with open(TREE + "/include/belay/belay.h", encoding="utf-8") as file:
            there = set(re.findall(r"^struct (\w+) \{", file.read(), re.M))
        self.assertEqual({s.__name__ for s in _abi.STRUCTURES}, there)

    def test_codes_and_types_have_the_values_of_c(self):
        codes = {"OK": 0, "EFAILED": 1, "EINVAL": 2, "ECONFIG": 3,
                 "ENOENT": 4, "ECORRUPT": 5, "EFENCED": 6, "EBUSY": 7}
        types = ("BYTES I8 I16 I32 I64 U8 U16 U32 U64 F16 F32 F64 C64 C128 "
                 "BOOL BF16").split()
        names = ["BELAY_" + n for n in list(codes) + types]
        self.assertEqual(
            compile_and_run(["int main(void)", "{"] +
                            [say("%d", n) for n in names] +
                            ["\treturn 0;", "}"]),
            [str(n) for n in list(codes.values()) + list(range(16))])
        self.assertEqual(sorted(errors._BY_CODE), list(range(1, 8)))

    def test_elements_have_the_sizes_that_the_library_gives(self):
        size = ctypes.CDLL(LIBRARY).belay_type_size
        size.restype, size.argtypes = ctypes.c_size_t, [ctypes.c_uint]
        self.assertEqual([size(kind) for kind in range(17)],
                         [_arrays._TYPES[kind][0] for kind in range(16)] + [0])

    def test_it_belongs_to_this_version(self):
        with open(TREE + "/VERSION", encoding="ascii") as file:
            self.assertEqual(file.read().strip(), __version__)
        self.assertEqual(library_version(), __version__)


class Finding(unittest.TestCase):
    def ask(self, **environment):
        return subprocess.run(
            ["/usr/bin/python3", "-c", "import slurm_belay\n"
             "print(slurm_belay.library_version())"], text=True, check=False,
            env=dict(os.environ, PYTHONPATH=TREE + "/contrib/python",
                     **environment), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def test_a_library_that_is_not_there_is_named_with_the_remedy(self):
        done = self.ask(BELAY_LIBRARY="/nowhere/libbelay.so.0")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "LibraryError: .*/nowhere/libbelay.so.0: "
                         "no such file.*set BELAY_LIBRARY")

    def test_the_linker_finds_it_too(self):
        done = self.ask(BELAY_LIBRARY="",
                        LD_LIBRARY_PATH=os.path.dirname(LIBRARY))
        self.assertEqual(done.stdout.strip(), __version__)


if __name__ == "__main__":
    tap.main()
