# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a text shows. Each yields (path, line, message)."""

import ipaddress
import re

from sources import exported_functions
from symbols import difference

# What a folder may include: the floors of the design.
FLOORS = {
    "base": ("base",),
    "io": ("base", "io"),
    "pipeline": ("base", "io", "pipeline"),
    "run": ("base", "io", "pipeline", "run"),
    "search": ("base", "io", "pipeline", "run", "search"),
    "serving": ("base", "io", "serving"),
    "cluster": ("base", "io", "pipeline", "run", "search", "serving", "cluster"),
    "cli": ("base", "io", "pipeline", "run", "search", "serving", "cluster", "cli"),
}
PUBLIC_FLOORS = {
    "kf.h": "cli",
    "kf/base.h": "base",
    "kf/value.h": "base",
    "kf/component.h": "pipeline",
    "kf/kubernetes.h": "pipeline",
    "kf/pipeline.h": "pipeline",
    "kf/run.h": "run",
    "kf/ext/executor.h": "run",
    "kf/experiment.h": "search",
    "kf/search.h": "search",
    "kf/tune.h": "search",
    "kf/ext/sampler.h": "search",
    "kf/ext/model.h": "serving",
    "kf/model.h": "serving",
    "kf/server.h": "serving",
    "kf/service.h": "serving",
}
# Header of another project: its one includer. The names may end in a letter or word of their own
# (io/yaml_read.c), but only one file may match.
INCLUDERS = {
    "yaml.h": r"libkf/io/yaml\w*\.c",
    "jansson.h": r"libkf/io/json\.c",
    "sqlite3.h": r"libkf/io/db\.c",
    "curl/curl.h": r"libkf/io/http_client\.c",
    "microhttpd.h": r"libkf/io/http_server\.c",
    "nghttp2/nghttp2.h": r"libkf/io/http2\.c",
    "archive.h": r"libkf/io/archive\.c",
    "archive_entry.h": r"libkf/io/archive\.c",
    "pcre2.h": r"libkf/io/regex\.c",
}
LIBC = set("""assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h
    math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h stdnoreturn.h string.h strings.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h
    dirent.h dlfcn.h fcntl.h fnmatch.h ftw.h glob.h grp.h langinfo.h libgen.h malloc.h netdb.h poll.h
    pthread.h pwd.h sched.h semaphore.h spawn.h syslog.h termios.h unistd.h utime.h getopt.h
    sys/epoll.h sys/eventfd.h sys/file.h sys/inotify.h sys/ioctl.h sys/mman.h sys/prctl.h
    sys/random.h sys/resource.h sys/select.h sys/sendfile.h sys/signalfd.h sys/socket.h sys/stat.h
    sys/statvfs.h sys/syscall.h sys/sysinfo.h sys/time.h sys/timerfd.h sys/types.h sys/uio.h
    sys/un.h sys/utsname.h sys/vfs.h sys/wait.h linux/fs.h arpa/inet.h netinet/in.h
    netinet/tcp.h""".split())

# Calls nobody may make, and those that some files of libkf may: (names, the files, advice).
BANNED_EVERYWHERE = (
    "strcpy strcat sprintf vsprintf strtok atoi atol atoll atof gets mktemp tmpnam tempnam",
    "use kf_buf, snprintf or base/text.h",
)
BANNED_IN_LIBRARY = (
    ("malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf aligned_alloc "
     "posix_memalign getline getdelim", r"libkf/base/mem\.c", "use base/mem.h"),
    ("printf vprintf puts putchar perror fputs_unlocked", r"libkf/cli/.*", "only libkf/cli prints"),
    ("exit quick_exit _Exit", r"libkf/cli/.*", "only libkf/cli ends the process"),
    ("abort assert", r"libkf/base/error\.c", "use KF__REQUIRE"),
    ("fork vfork daemon system popen", r"(?!)", "use io/process.h"),
    ("setlocale", r"(?!)", "the locale is the program's"),
    ("uselocale", r"libkf/io/archive\.c", "the locale is the program's"),
    ("getenv secure_getenv", r"libkf/io/file\.c", "use kf__environment"),
    ("setenv putenv unsetenv clearenv", r"(?!)", "the environment is the program's"),
    ("chdir fchdir umask", r"(?!)", "the working directory is the program's"),
    ("signal sigaction", r"libkf/cli/.*", "signal handlers are the program's"),
)
STREAMS = re.compile(r"\b(stdout|stderr)\b")

SIZES = {"file": 800, "function": 80}
WIDTH = 100
LICENSED = {".c", ".h", ".py", ".i", ".build", ".sh", ".toml"}
LICENSED_NAMES = {"Makefile", "meson_options.txt", "meson.options"}

# Paths of a machine that the project was made on, in pieces so that this file names none.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("work", "scratch")) + r")/\w")
URL = re.compile(r"\b(?:https?|ssh|git|ftp)://(?:[^\s/@\"'`<>]*@)?([^\s/:\"'`<>)\]}\\,;|]+)")
# Hosts that may be named: where the projects that libkf works with live, and examples.
HOSTS = {
    "kubeflow.org", "kubernetes.io", "k8s.io", "googleapis.com", "google.com", "github.com",
    "githubusercontent.com", "python.org", "pypi.org", "pythonhosted.org", "apache.org", "json.org",
    "json-schema.org", "yaml.org", "sqlite.org", "unicode.org", "ietf.org", "rfc-editor.org",
    "w3.org", "mesonbuild.com", "amazonaws.com", "huggingface.co", "windows.net", "spdx.org", "scikit-learn.org", "debian.org", "docker.com",
    "example.com", "example.org", "example.net", "readthedocs.io", "opensource.org", "nist.gov",
}
EXAMPLE_HOST = re.compile(r"[\w%{$-]*|localhost|127(\.\d+){3}|.*\.(example|test|invalid|local|svc)")


def floors(tree):
    """An include never goes up."""
    for source in tree:
        floor = _floor(source)
        if floor is None:
            continue
        allowed = FLOORS[floor]
        for line, kind, header in source.includes:
            if kind == '"':
                target = header.split("/")[0] if "/" in header else None
                if target not in FLOORS:
                    yield source.path, line, f'"{header}": name it by its folder under libkf/'
                    continue
            elif header.startswith("kf/") or header == "kf.h":
                target = PUBLIC_FLOORS.get(header)
                if target is None:
                    yield source.path, line, f"<{header}> has no floor: give it one in rules.py"
                    continue
            else:
                continue
            if target not in allowed:
                yield source.path, line, f"{floor} cannot include {header} of {target} above it"


def _floor(source):
    if not source.is_c:
        return None
    if source.under("libkf"):
        return source.path.split("/")[1] if source.path.count("/") > 1 else None
    if source.under("include"):
        return PUBLIC_FLOORS.get(source.path.removeprefix("include/"))
    return None


def includers(tree):
    """Each library has one includer, and everything else is libc."""
    seen = {}
    for source in tree:
        if not source.is_c or not source.under("libkf", "include"):
            continue
        for line, kind, header in source.includes:
            if kind == '"' or header in LIBC or header.startswith("kf/") or header == "kf.h":
                continue
            allowed = INCLUDERS.get(header)
            if allowed is None:
                yield source.path, line, f"<{header}> is of no library that libkf uses"
            elif not re.fullmatch(allowed, source.path):
                yield source.path, line, f"<{header}> belongs to {allowed} alone"
            elif seen.setdefault(header, source.path) != source.path:
                yield source.path, line, f"<{header}> is included by {seen[header]} already"


def sizes(tree):
    """Files, functions and lines are short."""
    for source in tree:
        if not (source.is_c or source.is_python) or source.under("tests/golden"):
            continue
        if len(source.lines) > SIZES["file"]:
            yield source.path, 0, f"{len(source.lines)} lines; a file has {SIZES['file']} at most"
        for line, name, length in source.functions:
            if length > SIZES["function"]:
                yield source.path, line, \
                    f"{name}: {length} lines; a function has {SIZES['function']} at most"
        for number, line in enumerate(source.unbreakable if source.is_c else (), 1):
            if len(line) > WIDTH:
                yield source.path, number, f"{len(line)} columns; a line has {WIDTH} at most"


def calls(tree):
    """No call that the house has a safer or quieter way for."""
    for source in tree:
        if not source.is_c:
            continue
        yield from _calls_of(source, *BANNED_EVERYWHERE)
        if not source.under("libkf", "include"):
            continue
        for names, where, advice in BANNED_IN_LIBRARY:
            if not re.fullmatch(where, source.path):
                yield from _calls_of(source, names, advice)
        if not source.under("libkf/cli"):
            for match in STREAMS.finditer(source.code):
                yield source.path, source.line_of(match.start()), \
                    f"{match.group(1)}: only libkf/cli prints"


def _calls_of(source, names, advice):
    # Not a member of that name, nor a part of a longer name.
    pattern = r"(?<![\w.])(?<!->)(" + "|".join(names.split()) + r")\s*\("
    for match in re.finditer(pattern, source.code):
        yield source.path, source.line_of(match.start()), f"{match.group(1)}: {advice}"


def documentation(tree):
    """Every exported function says what it does."""
    for source in tree:
        if source.under("include") and source.suffix == ".h":
            for line, name, documented in exported_functions(source):
                if not documented:
                    yield source.path, line, f"{name} has no comment /** … */ right before it"


def exports(tree):
    """libkf.map lists what the public headers export, and KF_API is used nowhere else."""
    yield from difference(tree)
    for source in tree:
        if source.under("libkf") and source.is_c and re.search(r"\bKF_API\b", source.code):
            yield source.path, 0, "KF_API belongs to include/kf alone"


def licenses(tree):
    """Every source file names its license in one of its first lines."""
    for source in tree:
        name = source.file.name
        is_script = source.raw.startswith(b"#!")
        if source.suffix not in LICENSED and name not in LICENSED_NAMES and not is_script:
            continue
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in source.lines[:3]) \
                and source.text.strip():
            yield source.path, 1, "no SPDX line: SPDX-License-Identifier: Apache-2.0"


def guards(tree):
    """A header is guarded by a name made of its path."""
    for source in tree:
        if source.suffix != ".h":
            continue
        match = re.search(r"^#ifndef (\w+)\n#define (\w+)\b", source.code, re.M)
        expected = _guards(source.path)
        if match is None or match.group(1) != match.group(2):
            yield source.path, 1, f"no guard: #ifndef {expected[0]}"
        elif match.group(1) not in expected:
            yield source.path, source.line_of(match.start()), \
                f"the guard is {match.group(1)} instead of {expected[0]}"


def _guards(path):
    """The name made of the path; outside the library that of the file alone is enough."""
    for folder in ("include/kf/", "include/", "libkf/", "tests/support/", "tests/"):
        if path.startswith(folder):
            short = path[len(folder):]
            break
    else:
        short = path
    names = [short]
    if not path.startswith(("include/", "libkf/")):
        names.append(path.rsplit("/", 1)[-1])
    names = [re.sub(r"\W", "_", name).upper() for name in names]
    return [name if name.startswith("KF_") else "KF_" + name for name in names]


def places(tree):
    """Nothing names a path or a host of the machine it was made on."""
    for source in tree:
        if b"\0" in source.raw:
            continue
        for number, line in enumerate(source.lines, 1):
            match = MACHINE_PATHS.search(line)
            if match:
                yield source.path, number, f"a path of one machine: {match.group()}"
            for match in URL.finditer(line):
                if not _is_public(match.group(1)):
                    yield source.path, number, f"{match.group(1)} is on no list of public hosts"


def _is_public(host):
    host = host.lower()
    if EXAMPLE_HOST.fullmatch(host):
        return True
    try:
        address = ipaddress.ip_address(host)
        return address in ipaddress.ip_network("192.0.2.0/24")
    except ValueError:
        return any(host == known or host.endswith("." + known) for known in HOSTS)


def umbrella(tree):
    """kf.h includes every public header."""
    headers = [source.path.removeprefix("include/") for source in tree
               if source.under("include/kf") and source.suffix == ".h"]
    for source in tree:
        if source.path == "include/kf.h":
            included = {header for _, _, header in source.includes}
            for header in headers:
                if header not in included:
                    yield source.path, 0, f"<{header}> is not included"


OPTIONS_TEST = "tests/api/test_options_api.c"


def options(tree):
    """Every function that takes a structure with a `size` is walked by the test of these."""
    headers = [source for source in tree if source.under("include/kf") and source.suffix == ".h"]
    sized = {name for source in headers
             for name in re.findall(r"struct (\w+)\s*\{\s*size_t size;", source.code)}
    tested = "".join(source.text for source in tree if source.path == OPTIONS_TEST)
    for source in headers:
        for match in re.finditer(r"\b(kf_\w+)\s*\(([^()]*)\)\s*;", source.code):
            taken = sized & set(re.findall(r"const (\w+)\s*\*", match.group(2)))
            if taken and f'"{match.group(1)}"' not in tested:
                yield (source.path, source.line_of(match.start(1), source.code),
                       f"{match.group(1)} takes {taken.pop()} and is not in {OPTIONS_TEST}")


ALL = (floors, includers, sizes, calls, documentation, exports, licenses, guards, places, umbrella,
       options)
