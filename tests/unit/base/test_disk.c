/*
 * The machine's own disk: on a disk, on a tmpfs, and on a ramfs, which has no
 * O_DIRECT.
 */
#include "test.h"

#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

static char on_disk[] = "/var/tmp/pond-disk-XXXXXX";
static char in_memory[] = "/dev/shm/pond-disk-XXXXXX";
static char without_direct[] = "/tmp/pond-disk-XXXXXX";
static char *folders[3];
static size_t folder_count;

/* The file of that name in a folder; the next call changes it. */
static const char *path_in(const char *folder, const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static struct disk_file *open_file(const char *path, int ways)
{
    struct disk_file *file;

    assert_ok(disk_open(disk_real(), path, ways, &file));
    return file;
}

static void check_content(const char *path, struct bytes expected)
{
    struct buffer read = {0};

    assert_ok(file_read(path, 1u << 20, &read));
    assert_int_equal(read.size, expected.size);
    assert_memory_equal(read.data, expected.data, expected.size);
    buffer_free(&read);
}

/* Sizes and places of every kind: a multiple of a sector, of less, across the
 * end, larger than one direct transfer. */
static void write_pieces(const char *path, int ways)
{
    static const struct {
        uint64_t at;
        size_t size;
    } pieces[] = {
        {0, 1024},  {1024, 512}, {512, 1024},     {1536, 100},
        {1600, 36}, {0, 200000}, {199999, 70001}, {3, 1},
    };
    struct disk_file *file = open_file(path, ways);
    struct buffer expected = {0};
    uint8_t *random = mem_alloc(1u << 20);
    uint8_t read[4096];
    uint64_t size;
    size_t got;

    for (size_t i = 0; i < 1u << 20; i++)
        random[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        uint64_t at = pieces[i].at;
        struct bytes bytes = bytes_make(random + i * 1000, pieces[i].size);
        if (expected.size < at + bytes.size)
            buffer_resize(&expected, at + bytes.size);
        memcpy(expected.data + at, bytes.data, bytes.size);
        assert_ok(disk_write(file, at, bytes));
        assert_ok(disk_read(file, 0, read, sizeof(read), &got));
        assert_int_equal(got, expected.size < 4096 ? expected.size : 4096);
        assert_memory_equal(read, expected.data, got);
    }
    assert_ok(disk_sync(file));
    assert_ok(disk_size(file, &size));
    assert_int_equal(size, expected.size);
    assert_ok(disk_read(file, size - 5, read, 100, &got));
    assert_int_equal(got, 5);
    assert_ok(disk_read(file, size, read, 100, &got));
    assert_int_equal(got, 0);
    check_content(path, buffer_view(&expected));
    assert_ok(disk_truncate(file, 700));
    check_content(path, bytes_make(expected.data, 700));
    disk_close(file);
    buffer_free(&expected);
    free(random);
}

static void test_what_is_written_is_read(void **state)
{
    for (size_t i = 0; i < folder_count; i++) {
        write_pieces(path_in(folders[i], "cached"), DISK_WRITE | DISK_MAKE);
        write_pieces(path_in(folders[i], "durable"),
                     DISK_WRITE | DISK_MAKE | DISK_DURABLE);
    }
}

static void test_a_missing_file_is_not_found(void **state)
{
    struct disk_file *file;
    struct disk_names names;

    assert_int_equal(
        disk_open(disk_real(), path_in(folders[0], "absent"), 0, &file),
        ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "absent"));
    assert_int_equal(disk_open(disk_real(), path_in(folders[0], "absent"),
                               DISK_WRITE, &file),
                     ERR_NOT_FOUND);
    assert_ok(disk_remove(disk_real(), path_in(folders[0], "absent")));
    assert_int_equal(
        disk_list(disk_real(), path_in(folders[0], "absent"), &names),
        ERR_NOT_FOUND);
}

static void test_names_are_listed_sorted(void **state)
{
    char *folder = mem_format("%s/list/of", folders[0]);
    struct disk *disk = disk_real();
    struct disk_names names;

    assert_ok(disk_make_folder(disk, folder));
    assert_ok(disk_make_folder(disk, folder));
    assert_ok(disk_list(disk, folder, &names));
    assert_int_equal(names.count, 0);
    disk_names_free(&names);
    for (int i = 4; i >= 0; i--) {
        char *path = mem_format("%s/%d", folder, i);
        disk_close(open_file(path, DISK_WRITE | DISK_MAKE));
        free(path);
    }
    char *from = mem_format("%s/0", folder), *to = mem_format("%s/9", folder);
    char *below = mem_format("%s/folder", folder);
    assert_ok(disk_rename(disk, from, to));
    assert_ok(disk_make_folder(disk, below));
    assert_ok(disk_sync_folder(disk, folder));
    assert_ok(disk_list(disk, folder, &names));
    assert_int_equal(names.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(names.names[i][0], "12349"[i]);
    disk_names_free(&names);
    free(folder);
    free(from);
    free(to);
    free(below);
}

/* A full disk, by the limit on a file's size, which fails alike. */
static void test_a_file_that_failed_stays_failed(void **state)
{
    struct disk_file *file =
        open_file(path_in(folders[0], "full"), DISK_WRITE | DISK_MAKE);
    struct rlimit before, limit;
    uint8_t bytes[1000] = {1}, read[10];
    size_t got;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1500;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_ok(disk_write(file, 0, bytes_make(bytes, sizeof(bytes))));
    assert_int_equal(disk_write(file, 1000, bytes_make(bytes, sizeof(bytes))),
                     ERR_FULL);
    assert_non_null(strstr(err_text(), "full"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    /* There is room again, but what is on disk is not what was written. */
    assert_int_equal(disk_write(file, 0, bytes_make(bytes, 1)), ERR_IO);
    assert_int_equal(disk_sync(file), ERR_IO);
    assert_int_equal(disk_truncate(file, 0), ERR_IO);
    assert_ok(disk_read(file, 0, read, sizeof(read), &got));
    assert_int_equal(got, sizeof(read));
    disk_close(file);
}

/* Seen by this process alone; false where mounting is not allowed. */
static bool mount_ramfs(char *folder)
{
    return mkdtemp(folder) && !unshare(CLONE_NEWNS) &&
           !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
           !mount("ramfs", folder, "ramfs", 0, NULL);
}

static void test_the_fallback_is_tried(void **state)
{
    const char *path = path_in(without_direct, "direct");
    int fd;

    if (folders[folder_count - 1] != without_direct)
        skip();
    fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, EINVAL);
}

static int make_folders(void **state)
{
    if (mkdtemp(on_disk))
        folders[folder_count++] = on_disk;
    if (mkdtemp(in_memory))
        folders[folder_count++] = in_memory;
    if (mount_ramfs(without_direct))
        folders[folder_count++] = without_direct;
    return folder_count ? 0 : -1;
}

static int drop_folders(void **state)
{
    int status = 0;

    umount2(without_direct, MNT_DETACH);
    rmdir(without_direct);
    for (size_t i = 0; i < folder_count; i++)
        status |= file_remove_tree(folders[i]);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_the_fallback_is_tried),
        cmocka_unit_test(test_a_missing_file_is_not_found),
        cmocka_unit_test(test_names_are_listed_sorted),
        cmocka_unit_test(test_a_file_that_failed_stays_failed),
    };
    return cmocka_run_group_tests(tests, make_folders, drop_folders);
}
