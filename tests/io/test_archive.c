/* SPDX-License-Identifier: Apache-2.0 */
/* Archives are made here byte by byte, so that they can say what no tool would. Hostile
 * ones are unpacked below the test's own folder, and aim at a file beside the target. */
#include "io/archive.h"

#include "base/mem.h"
#include "child.h"
#include "folder.h"

#include <dirent.h>
#include <sys/stat.h>

enum { RECORD = 512 };

static kf_buf tar = {0};

static void put_octal(char *field, size_t width, size_t number)
{
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%031zo", number);
    memcpy(field, digits + sizeof digits - width, width);
}

/* The header of an entry, as POSIX ustar has it, and its data. */
static void add_entry(
    char type, const char *name, const char *target, const char *data, size_t size)
{
    static const char zeros[RECORD];
    char header[RECORD] = "";
    unsigned sum = 0;
    (void)snprintf(header, 100, "%s", name);
    put_octal(header + 100, 8, 0644);
    put_octal(header + 108, 8, 0);
    put_octal(header + 116, 8, 0);
    put_octal(header + 124, 12, size);
    put_octal(header + 136, 12, 0);
    memset(header + 148, ' ', 8);
    header[156] = type;
    (void)snprintf(header + 157, 100, "%s", target);
    memcpy(header + 257,
        "ustar\0"
        "00",
        8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(header + 148, 8, "%06o", sum);
    kf__buf_append(&tar, header, sizeof header);
    kf__buf_append(&tar, data, size);
    kf__buf_append(&tar, zeros, (RECORD - size % RECORD) % RECORD);
}

static void add_file(const char *name, const char *text)
{
    add_entry('0', name, "", text, strlen(text));
}

static void write_bytes(const char *path, const void *data, size_t length)
{
    ck_ok(kf__file_write(path, data, length));
}

static const char *end_tar(void)
{
    static const char zeros[2 * RECORD];
    kf__buf_append(&tar, zeros, sizeof zeros);
    write_bytes(in_folder("a.tar"), tar.data, tar.length);
    kf__buf_finish(&tar);
    return in_folder("a.tar");
}

static kf_status unpack(const char *path)
{
    return kf__archive_unpack(path, in_folder("out"), NULL);
}

/* Only what the test put there: nothing half unpacked, nothing beside it. */
static void check_nothing_left(int expected)
{
    int count = -2;
    DIR *folder = opendir(test_folder);
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    ck_assert_int_eq(count, expected);
    ck_assert(!kf__file_exists(in_folder("out")));
}

START_TEST(kinds)
{
    static const struct {
        const char *name;
        kf_archive_kind kind;
    } names[] = {{"a.tar", KF_ARCHIVE_TAR}, {"a.TAR.gz", KF_ARCHIVE_TAR},
        {"a.tgz", KF_ARCHIVE_TAR}, {"a.zip", KF_ARCHIVE_ZIP}, {"a.gz", KF_ARCHIVE_GZIP},
        {"a.json.gz", KF_ARCHIVE_GZIP}, {"a.json", KF_ARCHIVE_NONE},
        {"a.tar.bz2", KF_ARCHIVE_TAR}, {"a.txz", KF_ARCHIVE_TAR},
        {".zip", KF_ARCHIVE_NONE}, {"zip", KF_ARCHIVE_NONE}, {"", KF_ARCHIVE_NONE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(kf__archive_kind(names[i].name), names[i].kind);
}
END_TEST

START_TEST(a_tar)
{
    add_entry('5', "./", "", "", 0);
    add_file("./model.json", "{}");
    add_entry('5', "sub/", "", "", 0);
    add_file("sub//deep/./a", "deep");
    add_file("\xc3\xa4\xff", "name");
    add_file("model.json", "{\"newer\": 1}");
    add_entry('1', "twin", "model.json", "", 0);
    ck_ok(unpack(end_tar()));
    check_file(in_folder("out/model.json"), "{\"newer\": 1}");
    check_file(in_folder("out/sub/deep/a"), "deep");
    check_file(in_folder("out/\xc3\xa4\xff"), "name");
    check_file(in_folder("out/twin"), "{\"newer\": 1}");
    ck_fails(unpack(in_folder("a.tar")), KF_EEXIST, "it is there");
}
END_TEST

START_TEST(links_within)
{
    add_entry('2', "link", "sub/model", "", 0);
    add_entry('2', "sub/up", "../other", "", 0);
    add_file("sub/model", "one");
    add_file("other", "two");
    ck_ok(unpack(end_tar()));
    check_file(in_folder("out/link"), "one");
    check_file(in_folder("out/sub/up"), "two");
}
END_TEST

static void check_refused(kf_status status, const char *reason)
{
    ck_fails(unpack(end_tar()), status, reason);
    check_file(in_folder("victim"), "untouched");
    check_nothing_left(2);
}

START_TEST(names_that_lead_out)
{
    static const char *const names[] = {
        "../victim", "a/../../victim", "..", "a/..", "sub/../../victim"};
    char path[300];
    put_file(in_folder("victim"), "untouched");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        add_file("good", "good");
        add_file(names[i], "hostile");
        check_refused(KF_EDOCUMENT, "leads out by \"..\"");
    }
    (void)snprintf(path, sizeof path, "%s", in_folder("victim"));
    add_file(path, "hostile");
    check_refused(KF_EDOCUMENT, "absolute");
}
END_TEST

START_TEST(links_that_lead_out)
{
    static const char *const targets[] = {
        "..", "../victim", "/", "sub/../..", "nothing", "../out", "../out.tmp", "link"};
    put_file(in_folder("victim"), "untouched");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        add_entry('5', "sub", "", "", 0);
        add_entry('2', "link", targets[i], "", 0);
        check_refused(KF_EDOCUMENT, "link");
    }
    /* Each of them alone stays within, by its text. */
    add_entry('5', "a/b", "", "", 0);
    add_entry('2', "a/b/up", "..", "", 0);
    add_entry('2', "out", "a/b/up/../..", "", 0);
    check_refused(KF_EDOCUMENT, "link");
}
END_TEST

START_TEST(nothing_is_written_through_links)
{
    put_file(in_folder("victim"), "untouched");
    add_entry('2', "link", "..", "", 0);
    add_file("link/victim", "hostile");
    check_refused(KF_EDOCUMENT, "link");
    add_entry('2', "link", "../victim", "", 0);
    add_file("link", "hostile");
    check_refused(KF_EDOCUMENT, "it is there twice");
    add_entry('1', "twin", "../victim", "", 0);
    add_file("twin", "hostile");
    check_refused(KF_EDOCUMENT, "leads out");
    add_entry('1', "twin", "nothing", "", 0);
    check_refused(KF_EDOCUMENT, "link to nothing");
}
END_TEST

START_TEST(what_is_no_file)
{
    static const char types[] = {'3', '4', '6'};
    put_file(in_folder("victim"), "untouched");
    for (size_t i = 0; i < sizeof types; i++) {
        add_entry(types[i], "special", "", "", 0);
        check_refused(KF_EDOCUMENT, "neither a file nor a folder");
    }
    add_file("a", "file");
    add_file("a/b", "below a file");
    check_refused(KF_EDOCUMENT, "no folder");
    add_file("a/b", "file");
    add_file("a", "where a folder is");
    check_refused(KF_EDOCUMENT, "there twice");
}
END_TEST

START_TEST(what_is_no_archive)
{
    put_file(in_folder("a"), "This is some text, not an archive.");
    ck_fails(unpack(in_folder("a")), KF_EDOCUMENT, "a\"");
    put_file(in_folder("a"), "");
    ck_fails(unpack(in_folder("a")), KF_EDOCUMENT, "a\"");
    ck_fails(unpack(in_folder("none")), KF_ENOENT, "none");
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    ck_fails(unpack(in_folder("pipe")), KF_EUNSUPPORTED, "a pipe");
    ck_fails(unpack(test_folder), KF_EUNSUPPORTED, "a folder");
    check_nothing_left(2);
}
END_TEST

START_TEST(a_tar_that_is_cut)
{
    static char data[5000];
    add_file("first", "one");
    add_entry('0', "second", "", data, sizeof data);
    for (size_t cut = 1; cut < tar.length; cut += 700) {
        if (cut <= 2 * RECORD)
            continue;
        write_bytes(in_folder("a.tar"), tar.data, cut);
        ck_fails(unpack(in_folder("a.tar")), KF_EDOCUMENT, "a.tar");
        check_nothing_left(1);
    }
    kf__buf_finish(&tar);
}
END_TEST

START_TEST(ceilings)
{
    for (int i = 0; i < 11; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "file%d", i);
        add_file(name, "0123456789");
    }
    const char *path = end_tar();
    kf_archive_options options = {.entries = 10};
    ck_fails(
        kf__archive_unpack(path, in_folder("out"), &options), KF_ELIMIT, "10 entries");
    options = (kf_archive_options){.bytes = 109};
    ck_fails(
        kf__archive_unpack(path, in_folder("out"), &options), KF_ELIMIT, "109 bytes");
    atomic_bool cancel = true;
    options = (kf_archive_options){.cancel = &cancel};
    ck_fails(
        kf__archive_unpack(path, in_folder("out"), &options), KF_ECANCELED, "canceled");
    check_nothing_left(1);
    options = (kf_archive_options){.entries = 11, .bytes = 110};
    ck_ok(kf__archive_unpack(path, in_folder("out"), &options));
}
END_TEST

/* Python writes what needs a compressor, into the test's folder. */
static void python(const char *script)
{
    char text[4000];
    (void)snprintf(text, sizeof text,
        "import gzip,io,os,tarfile,zipfile\nos.chdir('%s')\n%s", test_folder, script);
    ck_assert_int_eq(run(&OPTIONS(.argv = ARGV("python3", "-c", text)), ""), 0);
}

START_TEST(what_python_packs)
{
    static const char *const names[] = {
        "a.tar.gz", "a.tgz", "a.zip", "pax.tar", "gnu.tar", "a.tar.bz2", "a.tar.xz"};
    python(
        "for name, mode, form in (('a.tar.gz', 'w:gz', 1), ('a.tgz', 'w:gz', 1),\n"
        "        ('pax.tar', 'w', 2), ('gnu.tar', 'w', 1), ('a.tar.bz2', 'w:bz2', 1),\n"
        "        ('a.tar.xz', 'w:xz', 1)):\n"
        "    with tarfile.open(name, mode, format=form) as tar:\n"
        "        for path in ('model.json', 'sub/\\u00e4\\u4e2d', 'long/' + 'x' * "
        "120):\n"
        "            info = tarfile.TarInfo(path)\n"
        "            info.size = 4\n"
        "            tar.addfile(info, io.BytesIO(b'text'))\n"
        "with zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED) as zip:\n"
        "    for path in ('model.json', 'sub/\\u00e4\\u4e2d', 'long/' + 'x' * 120):\n"
        "        zip.writestr(path, 'text')\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_ok(unpack(in_folder(names[i])));
        check_file(in_folder("out/model.json"), "text");
        check_file(in_folder("out/sub/\xc3\xa4\xe4\xb8\xad"), "text");
        char name[200] = "out/long/";
        memset(name + strlen(name), 'x', 120);
        check_file(in_folder(name), "text");
        ck_ok(kf__remove_tree(in_folder("out")));
    }
}
END_TEST

START_TEST(hostile_zips)
{
    put_file(in_folder("victim"), "untouched");
    python("with zipfile.ZipFile('a.zip', 'w') as zip:\n"
           "    zip.writestr('../victim', 'hostile')\n");
    ck_fails(unpack(in_folder("a.zip")), KF_EDOCUMENT, "leads out");
    python("with zipfile.ZipFile('a.zip', 'w') as zip:\n"
           "    link = zipfile.ZipInfo('link')\n"
           "    link.create_system, link.external_attr = 3, 0o120777 << 16\n"
           "    zip.writestr(link, '..')\n"
           "    zip.writestr('link/victim', 'hostile')\n");
    ck_fails(unpack(in_folder("a.zip")), KF_EDOCUMENT, "link");
    python("data = bytearray(open('a.zip', 'rb').read())\n"
           "open('a.zip', 'wb').write(data[:60])\n");
    ck_fails(unpack(in_folder("a.zip")), KF_EDOCUMENT, "a.zip");
    check_file(in_folder("victim"), "untouched");
    check_nothing_left(2);
}
END_TEST

START_TEST(a_changed_byte_is_seen)
{
    python("with zipfile.ZipFile('a.zip', 'w') as zip:\n"
           "    zip.writestr('model.json', 'x' * 100)\n"
           "data = bytearray(open('a.zip', 'rb').read())\n"
           "data[60] ^= 1\n"
           "open('a.zip', 'wb').write(data)\n");
    ck_fails(unpack(in_folder("a.zip")), KF_EDOCUMENT, "a.zip");
    check_nothing_left(1);
}
END_TEST

START_TEST(bombs)
{
    python("with zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED) as zip:\n"
           "    zip.writestr('zeros', bytes(200 << 20))\n"
           "with gzip.open('a.gz', 'wb', 9) as file:\n"
           "    for _ in range(200): file.write(bytes(1 << 20))\n");
    ck_fails(unpack(in_folder("a.zip")), KF_ELIMIT, "KF__LIMIT_ARCHIVE_RATIO");
    ck_fails(kf__archive_gunzip(in_folder("a.gz"), in_folder("out"), NULL), KF_ELIMIT,
        "KF__LIMIT_ARCHIVE_RATIO");
    check_nothing_left(2);
}
END_TEST

START_TEST(gunzips)
{
    python("with gzip.open('a.gz', 'wb') as file: file.write(b'one ')\n"
           "with gzip.open('a.gz', 'ab') as file: file.write(b'two')\n");
    ck_ok(kf__archive_gunzip(in_folder("a.gz"), in_folder("out"), NULL));
    check_file(in_folder("out"), "one two");
    put_file(in_folder("a"), "text");
    ck_fails(kf__archive_gunzip(in_folder("a"), in_folder("out"), NULL), KF_EDOCUMENT,
        "not packed by gzip");
    check_file(in_folder("out"), "one two");
    python("data = open('a.gz', 'rb').read()\nopen('a.gz', 'wb').write(data[:-9])\n");
    ck_fails(kf__archive_gunzip(in_folder("a.gz"), in_folder("out"), NULL),
        KF_EDOCUMENT, "a.gz");
    check_file(in_folder("out"), "one two");
}
END_TEST

START_TEST(out_of_memory)
{
    add_entry('2', "link", "sub/model", "", 0);
    add_file("sub/model", "one");
    (void)end_tar();
    ck_survives_nomem(unpack(in_folder("a.tar")));
    check_file(in_folder("out/link"), "one");
}
END_TEST

KF_TEST_MAIN_WITH("archive", make_test_folder, remove_test_folder, kinds, a_tar,
    links_within, names_that_lead_out, links_that_lead_out,
    nothing_is_written_through_links, what_is_no_file, what_is_no_archive,
    a_tar_that_is_cut, ceilings, what_python_packs, hostile_zips,
    a_changed_byte_is_seen, bombs, gunzips, out_of_memory)
