#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""layout.py HEADER - a program that prints what programs have compiled in

Reads the header and writes C (and C++) that prints the size of each public
struct, where each of its members is, and each enumerator and number.  Given a
second word, "calls": the functions that the header declares, a line each.
"""
import re
import sys


def without_comments(text):
    return re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)


def members_of(body):
    for line in body.split(';'):
        for one in line.split(','):
            found = re.search(r'(\w+)\s*(\[\w+\])?\s*$', one)
            if found:
                yield found.group(1)


def structs(text):
    for name, body in re.findall(r'\nstruct (\w+) \{(.*?)\n\}', text, re.S):
        yield name, list(members_of(body))


def enumerators(text):
    for body in re.findall(r'\nenum \w+ \{(.*?)\n\}', text, re.S):
        yield from re.findall(r'(\w+)\s*=', body)


def numbers(text):
    return re.findall(r'#define (BELAY_\w+) \d+\b', text)


def calls(text):
    text = re.sub(r'^#.*(\\\n.*)*', '', text, flags=re.M)
    text = re.sub(r'typedef[^;]*;', '', text)
    return sorted(set(re.findall(r'\b(belay_\w+)\s*\(', text)))


def program(text):
    yield '#include <belay/belay.h>\n#include <stdio.h>\nint main(void)\n{\n'
    for name, members in structs(text):
        yield f'printf("{name} %zu\\n", sizeof(struct {name}));\n'
        for member in members:
            yield (f'printf("{name}.{member} %zu %zu\\n", '
                   f'offsetof(struct {name}, {member}), '
                   f'sizeof(((struct {name} *)0)->{member}));\n')
    for name in [*enumerators(text), *numbers(text)]:
        yield f'printf("{name} %d\\n", (int){name});\n'
    yield 'return 0;\n}\n'


def main(header, what='program'):
    with open(header, encoding='utf-8') as file:
        text = without_comments(file.read())
    if what == 'calls':
        print('\n'.join(calls(text)))
    else:
        print(''.join(program(text)))


if __name__ == '__main__':
    main(*sys.argv[1:])
