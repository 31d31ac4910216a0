# SPDX-License-Identifier: Apache-2.0
"""Every rule finds what it is for, and nothing in what is fine. Run: python3 test_lint.py."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import headers
import lint
import rules
import symbols
from sources import Source, read_tree

HERE = Path(__file__).parent
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def guarded(name, body=""):
    return f"{SPDX}#ifndef {name}\n#define {name}\n{body}\n#endif\n"


def function(lines, head="static void f(void)"):
    return f"{head}\n{{\n" + "    g();\n" * (lines - 3) + "}\n"


class Project(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def findings(self, rule, files):
        for path, text in files.items():
            self.write(path, text)
        return [f"{path}:{line}: {message}" for path, line, message in rule(read_tree(self.root))]

    def refuses(self, rule, path, text, expected, **others):
        with self.subTest(path=path, text=text[-60:]):
            found = self.findings(rule, {path: text, **others})
            (self.root / path).unlink()
            self.assertTrue(any(expected in finding for finding in found), found)

    def accepts(self, rule, path, text):
        with self.subTest(path=path, text=text[-60:]):
            self.assertEqual(self.findings(rule, {path: text}), [])
            (self.root / path).unlink()


class Includes(Project):
    def test_floors(self):
        for path, header in (("libkf/base/a.c", '"io/file.h"'), ("libkf/io/a.h", '"pipeline/a.h"'),
                             ("libkf/pipeline/a.c", "<kf/run.h>"), ("libkf/base/a.c", "<kf.h>"),
                             ("libkf/run/a.c", '"cli/cli.h"'), ("libkf/serving/a.c", '"run/a.h"'),
                             ("include/kf/component.h", "<kf/run.h>")):
            self.refuses(rules.floors, path, f"\n#include {header}\n", ":2: ")
        self.refuses(rules.floors, "libkf/io/a.c", '#include "json.h"\n', "name it by its folder")
        self.refuses(rules.floors, "libkf/io/a.c", "#include <kf/odd.h>\n", "has no floor")
        for path, header in (("libkf/io/a.c", '"base/buf.h"'), ("libkf/cli/a.c", "<kf.h>"),
                             ("libkf/run/a.c", '"pipeline/a.h"'), ("libkf/run/a.c", "<kf/run.h>"),
                             ("libkf/base/a.c", "<string.h>"), ("tests/a.c", '"kf_test.h"')):
            self.accepts(rules.floors, path, f"# include {header}\n")

    def test_includers(self):
        self.refuses(rules.includers, "libkf/run/a.c", "#include <sqlite3.h>\n", "alone")
        self.refuses(rules.includers, "libkf/io/yaml.h", "#include <yaml.h>\n", "alone")
        self.refuses(rules.includers, "include/kf/run.h", "#include <jansson.h>\n", "alone")
        self.refuses(rules.includers, "libkf/io/a.c", "#include <glib.h>\n", "no library")
        self.refuses(rules.includers, "libkf/io/yaml_write.c", "#include <yaml.h>\n", "already",
                     **{"libkf/io/yaml_read.c": "#include <yaml.h>\n"})
        self.accepts(rules.includers, "libkf/io/json.c", "#include <jansson.h>\n#include <time.h>\n")

    def test_options(self):
        header = ("struct kf_a_options {\n    size_t size;\n};\n"
                  "kf_status kf_a_new(\n    const kf_a_options *options, kf_a **out);\n")
        self.refuses(rules.options, "include/kf/a.h", header, "kf_a_new takes kf_a_options")
        self.assertEqual(self.findings(rules.options, {
            "include/kf/a.h": header, rules.OPTIONS_TEST: '{"kf_a_new", call, KF_OK},'}), [])

    def test_umbrella(self):
        self.refuses(rules.umbrella, "include/kf.h", "#include <kf/base.h>\n", "<kf/run.h>",
                     **{"include/kf/run.h": "", "include/kf/base.h": ""})
        self.accepts(rules.umbrella, "include/kf.h", "#include <kf/base.h>\n#include <kf/run.h>\n")


class Sizes(Project):
    def test_files(self):
        self.refuses(rules.sizes, "libkf/io/a.c", "int a;\n" * 801, "801 lines")
        self.refuses(rules.sizes, "python/kf/a.py", "a = 1\n" * 801, "801 lines")
        self.accepts(rules.sizes, "libkf/io/a.c", "int a;\n" * 800)

    def test_functions(self):
        self.refuses(rules.sizes, "libkf/io/a.c", function(81), "f: 81 lines")
        self.refuses(rules.sizes, "tests/io/test_a.c", function(90, "START_TEST(reads)"), "reads: 90")
        self.refuses(rules.sizes, "libkf/io/a.c",
                     "int a;\n\n" + function(90, "kf_status kf__f(\n    int a,\n    int b)"),
                     "a.c:3: kf__f: 92")
        self.refuses(rules.sizes, "python/kf/a.py", "def f():\n" + "    g()\n" * 80, "f: 81 lines")
        self.accepts(rules.sizes, "libkf/io/a.c", function(80) + function(80))
        self.accepts(rules.sizes, "python/kf/a.py",
                     'def f():\n    """Text.\n' + "    x\n" * 60 + '    """\n' + "    g()\n" * 70)
        self.accepts(rules.sizes, "libkf/io/a.c", "static int a[] =\n{\n" + "    1,\n" * 90 + "};\n")

    def test_lines(self):
        self.refuses(rules.sizes, "libkf/io/a.c", "/* " + "x" * 98 + " */\n", "columns")
        self.accepts(rules.sizes, "libkf/io/a.c", 'char a[] = "' + "x" * 200 + '";\n')
        self.accepts(rules.sizes, "libkf/io/a.c", "#define A" + " " * 100 + "\\\n    1\n")


class Calls(Project):
    def test_banned_everywhere(self):
        for call in ("strcpy(a, b)", "sprintf(a, b)", "atoi(a)", "strtok (a, b)", "atof(a)"):
            self.refuses(rules.calls, "tests/io/a.c", f"void f(void)\n{{\n    {call};\n}}\n", ":3: ")

    def test_banned_in_the_library(self):
        for call in ("malloc(1)", "free(a)", "strdup(a)", 'printf("")', "puts(a)", "exit(1)",
                     "fprintf(stderr, a)", "fputs(a, stdout)", "abort()", "fork()", "system(a)",
                     "setlocale(a, b)", "getenv(a)", "setenv(a, b, 1)", "chdir(a)", "signal(1, a)"):
            self.refuses(rules.calls, "libkf/run/a.c", f"    {call};\n", ":1: ")

    def test_where_they_are_fine(self):
        for path, call in (("libkf/base/mem.c", "malloc(1)"), ("libkf/base/error.c", "abort()"),
                           ("libkf/cli/main.c", "fprintf(stderr, a), exit(1)"),
                           ("libkf/io/file.c", "getenv(a)"), ("examples/c/a.c", 'printf("")'),
                           ("tests/io/a.c", "free(malloc(1))")):
            self.accepts(rules.calls, path, f"    {call};\n")

    def test_what_only_looks_alike(self):
        for text in ("/* malloc(1) */", "// exit(1)\n", 'a = "printf(1)";', "kf__free(a);",
                     "a->free(b);", "a.exit(1);", "int my_free(int);", "char c = '\"'; /* free(a) */",
                     "snprintf(a, 1, b);", "posix_spawn_file_actions_addchdir_np(a, b);"):
            self.accepts(rules.calls, "libkf/run/a.c", text + "\n")


class Headers(Project):
    def test_documentation(self):
        for text in ("KF_API void kf_a(void);", "/* Plain. */\nKF_API void kf_a(void);",
                     "/** A. */\nint x;\nKF_API void kf_a(void);", "/** @{ */\nKF_API void kf_a(void);"):
            self.refuses(rules.documentation, "include/kf/a.h", text, "kf_a has no comment")
        self.accepts(rules.documentation, "include/kf/a.h",
                     "#define KF_API __attribute__((x))\n/** See KF_API int kf_x(void); */\n"
                     "KF_API KF_MUST_CHECK kf_status kf_a(\n    int (*f)(void), kf_b **out);\n"
                     "/** B. */\nKF_API KF_PRINTF(1, 2) void kf_b(const char *, ...);\n")

    def test_exports(self):
        header = "KF_API void kf_a(void);\nKF_API KF_PRINTF(1, 2) char *kf_b(char *);\n"
        good = "V_1 {\nglobal:\n    kf_a;\n    kf_b;\nlocal:\n    *;\n};\n"
        self.write("include/kf/a.h", header)
        self.refuses(rules.exports, symbols.MAP, good.replace("    kf_b;\n", ""), "kf_b is not in")
        self.refuses(rules.exports, symbols.MAP, good.replace("kf_a", "kf_*"), "kf_* is declared in no")
        self.refuses(rules.exports, symbols.MAP, good.replace("kf_a;", "kf_a; kf_a;"), "twice")
        self.refuses(rules.exports, "libkf/io/a.h", "KF_API int kf__a;\n", "belongs to include/kf",
                     **{symbols.MAP: good})
        self.accepts(rules.exports, symbols.MAP, good)
        self.write("include/kf/a.h", header + "KF_API int kf__c(void);\n")
        self.refuses(rules.exports, symbols.MAP, good.replace("kf_b;", "kf_b; kf__c;"), "kf_noun_verb")

    def test_update(self):
        self.write("include/kf/a.h", "KF_API int kf_a(void);\nKF_API int kf_c(void);\n")
        self.write(symbols.MAP, "V_1 {\nglobal:\n    kf_a;\n    kf_b;\nlocal:\n    *;\n};\nV_2 {\n} V_1;\n")
        symbols.update(self.root)
        text = (self.root / symbols.MAP).read_text()
        self.assertEqual(symbols.read_map(text), {"V_1": ["kf_a"], "V_2": ["kf_c"]})
        self.assertIn("} V_1;", text)
        self.assertEqual(list(rules.exports(read_tree(self.root))), [])

    def test_guards(self):
        self.refuses(rules.guards, "libkf/io/a.h", SPDX + "int a;\n", "no guard")
        self.refuses(rules.guards, "libkf/io/a.h", guarded("KF_A_H"), "instead of KF_IO_A_H")
        self.refuses(rules.guards, "libkf/io/a.h", "#ifndef KF_IO_A_H\n#define KF_IO_B_H\n#endif\n",
                     "no guard")
        for path, guard in (("include/kf.h", "KF_H"), ("include/kf/ext/a.h", "KF_EXT_A_H"),
                            ("libkf/io/a.h", "KF_IO_A_H"), ("tests/io/a.h", "KF_IO_A_H"),
                            ("tests/io/a.h", "KF_A_H"), ("tests/support/kf_test.h", "KF_TEST_H")):
            self.accepts(rules.guards, path, guarded(guard))

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_compiling_alone(self):
        self.write("include/kf/good.h", guarded("KF_GOOD_H", "#include <stddef.h>\nsize_t kf_a(void);"))
        self.write("include/kf/bad.h", guarded("KF_BAD_H", "size_t kf_b(void);"))
        self.write("include/kf/twice.h", "typedef struct kf_a { int a; } kf_a;\n")
        found = {header: headers.compile_alone(command, header)[0]
                 for header, _, command in headers.points(self.root, "cc", None)}
        self.assertEqual(found, {"kf/good.h": True, "kf/bad.h": False, "kf/twice.h": False})


class Text(Project):
    def test_licenses(self):
        for path in ("libkf/io/a.c", "python/kf/a.py", "meson.build", "Makefile", "bindings/a.i"):
            self.refuses(rules.licenses, path, "a\n\n\n" + SPDX, "no SPDX line")
            self.accepts(rules.licenses, path, "#\n" + SPDX)
        self.refuses(rules.licenses, "tools/run", "#!/bin/sh\n", "no SPDX line")
        self.accepts(rules.licenses, "tests/golden/a.yaml", "a: 1\n")
        self.accepts(rules.licenses, "python/kf/py.typed", "")

    def test_places(self):
        for path in rules.MACHINE_PATHS.pattern.split("(?:")[1].split(")")[0].split("|"):
            self.refuses(rules.places, "docs/a.md", f"in `/{path}/main`\n", "a path of one machine")
            self.accepts(rules.places, "docs/a.md", f"mount /{path} and /{path} space\n")
        for host in ("10.1.2.3:8080", "mirror.corp.net", "user:pass@packages.local.lan"):
            self.refuses(rules.places, "tests/a.yaml", f"url: http://{host}/simple\n", "no list")
        for text in ("/kfp-workspace /my/work ./work", "https://pypi.org/simple", "http://localhost:80",
                     "https://raw.githubusercontent.com/a", "http://127.0.0.1:99/", "https://a/b",
                     "http://{host}:80/", "https://x.example.com", "http://192.0.2.7/"):
            self.accepts(rules.places, "docs/a.md", text + "\n")


@unittest.skipUnless(all(map(shutil.which, ("cc", "nm", "objdump"))), "no compiler")
class Objects(Project):
    def build(self, text, *options):
        self.write("a.c", text)
        output = self.root / "a.out"
        subprocess.run(["cc", "-fPIC", *options, "-o", output, self.root / "a.c"], check=True)
        return str(output)

    def test_names_and_globals(self):
        self.write("include/kf/a.h", "KF_API int kf_a(void);\n")
        source = ("int kf_a(void) { return 1; }\nint kf__b(void) { return 1; }\n"
                  "static const char *const t[] = {\"a\"};\nconst char *const *kf__t(int i)"
                  "{ return t + i; }\nstatic _Thread_local int n;\nint kf__n(void) { return n++; }\n")
        self.assertEqual(list(symbols.core(self.root, self.build(source, "-c"))), [])
        for extra, expected in (("int helper(void) { return 1; }\n", "helper is shared"),
                                ("static int c;\nint kf__c(void) { return c++; }\n", "c is a variable"),
                                ("int kf__d = 7;\n", "kf__d is a variable")):
            found = list(symbols.core(self.root, self.build(source + extra, "-c")))
            self.assertEqual(len(found), 1)
            self.assertIn(expected, found[0][2])

    def test_library(self):
        self.write(symbols.MAP, "V_1 {\nglobal:\n    kf_a;\n    kf_gone;\nlocal:\n    *;\n};\n")
        path = self.build("int kf_a(void) { return 1; }\nint kf_more(void) { return 1; }\n", "-shared")
        found = " ".join(message for _, _, message in symbols.library(self.root, path))
        self.assertIn("kf_more is exported and not listed", found)
        self.assertIn("kf_gone is listed and not exported", found)
        self.assertNotIn("kf_a ", found)


class Command(Project):
    def run_lint(self, *arguments):
        return subprocess.run([sys.executable, HERE / "lint.py", *arguments], capture_output=True,
                              text=True)

    def test_outcome(self):
        self.write("libkf/io/a.c", SPDX + "int a;\n")
        good = self.run_lint(self.root)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertTrue(good.stdout.startswith(f"1..{len(rules.ALL)}\nok 1 - "))
        self.write("libkf/io/b.c", SPDX + "void f(void) { abort(); }\n")
        bad = self.run_lint(self.root, "calls")
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(bad.stdout.splitlines()[1][:8], "not ok 1")
        self.assertIn("# libkf/io/b.c:2: abort", bad.stdout)
        self.assertEqual(self.run_lint(self.root, "odd").returncode, 2)
        self.assertEqual(lint.main([]), 2)

    @unittest.skipUnless(shutil.which("clang-format"), "no clang-format")
    def test_format(self):
        def layout():
            return subprocess.run([sys.executable, HERE / "format.py", self.root],
                                  capture_output=True, text=True)
        self.write(".clang-format", "BasedOnStyle: LLVM\n")
        self.write("libkf/a.c", "int a;\n")
        good = layout()
        if good.returncode == 77:
            self.skipTest(good.stdout)
        self.assertEqual(good.returncode, 0)
        self.write("libkf/a.c", "int   a;\n")
        bad = layout()
        self.assertEqual(bad.returncode, 1)
        self.assertIn("libkf/a.c:1", bad.stdout)

    def test_functions_are_found(self):
        text = ("static int a(void)\n{\n    if (b) {\n    }\n}\n\nint\nkf_b(int (*f)(int),\n    int c)\n"
                "{\n}\nstruct x {\n    int y;\n};\n")
        self.write("libkf/a.c", text)
        found = Source(self.root, "libkf/a.c").functions
        self.assertEqual(found, [(1, "a", 5), (7, "kf_b", 5)])


if __name__ == "__main__":
    unittest.main()
