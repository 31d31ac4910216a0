/* SPDX-License-Identifier: Apache-2.0 */
/* A small Python package to install where there is no network. */
#ifndef KF_WHEEL_H
#define KF_WHEEL_H

#include "folder.h"
#include "io/process.h"

/* Makes demo_pkg-1.0-py3-none-any.whl in the test's folder: the module demo_pkg, whose
 * VALUE is 41, and the command demo-pkg, which prints it. */
static inline const char *make_wheel(void)
{
    static const char program[] =
        "import sys, zipfile\n"
        "with zipfile.ZipFile(sys.argv[1], 'w') as wheel:\n"
        "    info = 'demo_pkg-1.0.dist-info/'\n"
        "    wheel.writestr('demo_pkg.py', 'VALUE = 41\\ndef main(): "
        "print(VALUE)\\n')\n"
        "    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: "
        "demo-pkg\\n'\n"
        "        'Version: 1.0\\n')\n"
        "    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\n'\n"
        "        'Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "    wheel.writestr(info + 'entry_points.txt',\n"
        "        '[console_scripts]\\ndemo-pkg = demo_pkg:main\\n')\n"
        "    wheel.writestr(info + 'RECORD', '')\n";
    const char *path = in_folder("demo_pkg-1.0-py3-none-any.whl");
    const char *const argv[] = {"python3", "-c", program, path, NULL};
    kf_process_options options = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .keep_fd = -1};
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    ck_ok(kf__process_run(&options, 60000, &out, &code));
    ck_assert_msg(code == 0, "%s", kf__buf_text(&out));
    kf__buf_finish(&out);
    return path;
}

#endif
