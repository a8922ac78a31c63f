#include "fixture.h"

#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/format/dag_pb.h"
#include "storage/keep/dag_walk.h"

#include <sys/stat.h>

static char *folder;
static struct store *store;

static int set_up(void **state)
{
    folder = fixture_folder();
    store = fixture_store(folder, 0);
    return 0;
}

static int tear_down(void **state)
{
    store_close(store);
    fixture_remove(folder);
    return 0;
}

/* Few links and small chunks: trees of some depth out of little data. */
static const struct unixfs_profile small = {.name = "small",
                                            .cid_version = 1,
                                            .raw_leaves = true,
                                            .chunk_bytes = 10,
                                            .links_max = 3,
                                            .hamt_threshold_bytes = 500,
                                            .size_estimate = UNIXFS_SIZE_BLOCK};

static struct unixfs_entry import_small(struct bytes data, bool raw_leaves)
{
    struct unixfs_profile profile = small;
    struct unixfs_import_options options = {.profile = &profile, .threads = 1};
    struct unixfs_entry entry;

    profile.raw_leaves = raw_leaves;
    assert_ok(unixfs_import_bytes(store, &options, data, &entry));
    return entry;
}

static void read_part(const struct cid *cid, uint64_t offset, uint64_t length,
                      size_t piece, struct buffer *out)
{
    struct unixfs_reader *reader;
    size_t got;

    assert_ok(unixfs_reader_open(store, cid, offset, length, &reader));
    do {
        assert_ok(unixfs_reader_read(reader, buffer_reserve(out, piece), piece,
                                     &got));
        out->size += got;
    } while (got);
    unixfs_reader_close(reader);
}

static void test_any_range_of_any_file_reads_back(void **state)
{
    struct random random = random_make(7);

    for (int i = 0; i < 600; i++) {
        size_t size = random_below(&random, 400);
        struct buffer data = fixture_bytes(size, (uint64_t)i), out = {0};
        struct unixfs_entry entry = import_small(buffer_view(&data), i % 2);
        uint64_t offset = random_below(&random, size + 20);
        uint64_t length =
            random_below(&random, 3) ? random_below(&random, 500) : UINT64_MAX;
        uint64_t expected = offset < size ? size - offset : 0;

        if (expected > length)
            expected = length;
        read_part(&entry.cid, offset, length, 1 + i % 37, &out);
        assert_int_equal(out.size, expected);
        if (expected)
            assert_memory_equal(out.data, data.data + offset, expected);
        buffer_free(&data);
        buffer_free(&out);
    }
}

static void test_a_limit_on_whole_files_is_kept(void **state)
{
    struct buffer data = fixture_bytes(100, 1), out = {0};
    struct unixfs_entry entry = import_small(buffer_view(&data), true);

    assert_int_equal(unixfs_read_file(store, &entry.cid, 99, &out), ERR_LIMIT);
    buffer_clear(&out);
    assert_ok(unixfs_read_file(store, &entry.cid, 100, &out));
    assert_true(bytes_equal(buffer_view(&data), buffer_view(&out)));
    buffer_free(&data);
    buffer_free(&out);
}

/* ---- directories ---- */

static struct unixfs_entry make_directory(unsigned count)
{
    struct unixfs_import_options options = {.profile = &small};
    struct unixfs_directory *directory = unixfs_directory_new(store, &options);
    struct unixfs_entry entry;

    for (unsigned i = 0; i < count; i++) {
        char name[24];

        snprintf(name, sizeof(name), "entry %u", i);
        entry = import_small(bytes_text(name), true);
        assert_ok(unixfs_directory_add(directory, bytes_text(name), &entry));
    }
    assert_ok(unixfs_directory_finish(directory, &entry));
    unixfs_directory_free(directory);
    return entry;
}

static int count_entry(void *user, struct bytes name,
                       const struct unixfs_entry *entry)
{
    assert_true(bytes_begin_with(name, bytes_text("entry ")));
    ++*(unsigned *)user;
    return 0;
}

static void test_sharded_directories_list_and_find_like_others(void **state)
{
    static const unsigned counts[] = {0, 1, 5, 20, 300, 3000};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct unixfs_entry directory = make_directory(counts[i]), found;
        unsigned listed = 0;

        assert_ok(unixfs_list(store, &directory.cid, count_entry, &listed));
        assert_int_equal(listed, counts[i]);
        for (unsigned j = 0; j < counts[i]; j++) {
            struct buffer content = {0};
            char path[32];

            snprintf(path, sizeof(path), "/entry %u/", j);
            assert_ok(unixfs_resolve(store, &directory.cid, bytes_text(path),
                                     &found));
            assert_ok(unixfs_read_file(store, &found.cid, 100, &content));
            path[strlen(path) - 1] = 0;
            assert_string_equal(buffer_string(&content), path + 1);
            buffer_free(&content);
        }
        assert_int_equal(unixfs_resolve(store, &directory.cid,
                                        bytes_text("entry 9999"), &found),
                         ERR_NOT_FOUND);
        assert_non_null(strstr(err_text(), "entry 9999"));
    }
}

static void test_paths_with_dots_are_refused(void **state)
{
    struct unixfs_entry directory = make_directory(1), found;

    assert_int_equal(
        unixfs_resolve(store, &directory.cid, bytes_text("../entry 0"), &found),
        ERR_INVALID);
    assert_int_equal(
        unixfs_resolve(store, &directory.cid, bytes_text("./entry 0"), &found),
        ERR_INVALID);
    assert_int_equal(unixfs_resolve(store, &directory.cid,
                                    bytes_text("entry 0/below"), &found),
                     ERR_NOT_FOUND);
    assert_ok(unixfs_resolve(store, &directory.cid, bytes_text("//"), &found));
    assert_int_equal(found.type, UNIXFS_DIRECTORY);
}

static void test_a_path_too_long_is_refused(void **state)
{
    struct unixfs_entry directory = make_directory(1), found;
    char path[UNIXFS_PATH_MAX + 2];

    memset(path, 'p', sizeof(path));
    assert_int_equal(unixfs_resolve(store, &directory.cid,
                                    bytes_make(path, sizeof(path)), &found),
                     ERR_LIMIT);
}

/* ---- hostile blocks ---- */

static struct cid put_node(struct bytes block)
{
    struct cid cid;

    cid_of(1, CID_DAG_PB, block, &cid);
    assert_ok(store_put(store, &cid, block));
    return cid;
}

/* A node with one child many times. */
static struct cid put_parent(const struct unixfs_node *node,
                             const struct cid *child, const char *name,
                             const uint64_t *sizes, size_t count)
{
    struct buffer message = {0}, block = {0};
    struct cid cid;

    for (size_t i = 0; i < count; i++)
        dag_pb_write_link(&block, child, bytes_text(name), 0);
    unixfs_encode(node, sizes, sizes ? count : 0, &message);
    dag_pb_write_data(&block, buffer_view(&message));
    cid = put_node(buffer_view(&block));
    buffer_free(&message);
    buffer_free(&block);
    return cid;
}

/* A file node over one child that it says has size bytes. */
static struct cid wrap(const struct cid *child, uint64_t size)
{
    struct unixfs_node node = {
        .type = UNIXFS_FILE, .has_file_size = true, .file_size = size};

    return put_parent(&node, child, "", &size, 1);
}

static void test_a_file_deeper_than_the_limit_is_refused(void **state)
{
    struct cid cid = fixture_put(store, 10, 1);
    struct buffer out = {0};

    for (int depth = 0; depth < DAG_DEPTH_MAX; depth++)
        cid = wrap(&cid, 10);
    assert_ok(unixfs_read_file(store, &cid, 100, &out));
    assert_int_equal(out.size, 10);
    assert_ok(dag_walk(store, &cid, NULL, NULL));
    cid = wrap(&cid, 10);
    assert_int_equal(unixfs_read_file(store, &cid, 100, &out), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "256"));
    assert_int_equal(dag_walk(store, &cid, NULL, NULL), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "256"));
    buffer_free(&out);
}

static void test_sizes_that_lie_are_found(void **state)
{
    struct cid leaf = fixture_put(store, 10, 1);
    struct cid liar = wrap(&leaf, 11), honest = wrap(&leaf, 10);
    struct buffer out = {0};

    assert_int_equal(unixfs_read_file(store, &liar, 100, &out), ERR_INVALID);
    liar = wrap(&honest, 9);
    assert_int_equal(unixfs_read_file(store, &liar, 100, &out), ERR_INVALID);
    buffer_free(&out);
}

/* A thousand links a node, four nodes deep: a walk that follows each of them
 * does not end in time. */
enum { MANY = 1000, DEEP = 4 };

static void test_empty_files_do_not_multiply(void **state)
{
    struct unixfs_node node = {.type = UNIXFS_FILE, .has_file_size = true};
    struct cid cid = fixture_put(store, 0, 1);
    uint64_t *sizes = calloc(MANY, sizeof(*sizes));
    struct buffer out = {0};

    for (int depth = 0; depth < DEEP; depth++)
        cid = put_parent(&node, &cid, "", sizes, MANY);
    assert_ok(unixfs_read_file(store, &cid, 100, &out));
    assert_int_equal(out.size, 0);
    free(sizes);
    buffer_free(&out);
}

/* Else a file could promise a byte at each level and have none. */
static void test_a_size_that_is_not_that_of_the_parts_is_refused(void **state)
{
    struct unixfs_node node = {
        .type = UNIXFS_FILE, .has_file_size = true, .file_size = 1};
    static const uint64_t huge[] = {UINT64_MAX, 2};
    struct cid leaf = fixture_put(store, 0, 1);
    struct unixfs_entry entry;
    struct cid cid = put_parent(&node, &leaf, "", (uint64_t[]){0, 0}, 2);

    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    cid = put_parent(&node, &leaf, "", huge, 2); /* 1, if it wraps around */
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    node.has_file_size = false;
    cid = put_parent(&node, &leaf, "", huge, 2);
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    cid = put_parent(&node, &leaf, "", (uint64_t[]){7, 2}, 2);
    assert_ok(unixfs_stat(store, &cid, &entry));
    assert_int_equal(entry.size, 9);
}

static void test_a_shard_stands_in_one_place_only(void **state)
{
    struct unixfs_node shard = {
        .type = UNIXFS_HAMT, .hash_type = 0x22, .fanout = 256};
    struct buffer shards = {0};
    struct cid cid = put_parent(&shard, NULL, "", NULL, 0);
    unsigned listed = 0;

    for (int depth = 0; depth < DEEP; depth++)
        cid = put_parent(&shard, &cid, "00", NULL, MANY);
    assert_int_equal(unixfs_list(store, &cid, count_entry, &listed),
                     ERR_INVALID);
    assert_int_equal(unixfs_shards(store, &cid, &shards), ERR_INVALID);
    buffer_free(&shards);
}

static void test_a_shard_that_is_no_shard_is_refused(void **state)
{
    struct unixfs_node shard = {
        .type = UNIXFS_HAMT, .hash_type = 0x22, .fanout = 2};
    struct cid leaf = fixture_put(store, 10, 1), root;
    struct unixfs_entry found;
    bool is_found = false;

    /* The name's first digit is 0 or 1. */
    for (int digit = 0; digit < 2; digit++) {
        root = put_parent(&shard, &leaf, digit ? "1" : "0", NULL, 1);
        int status = unixfs_resolve(store, &root, bytes_text("name"), &found);
        assert_true(status == ERR_INVALID || status == ERR_NOT_FOUND);
        is_found |= status == ERR_INVALID;
    }
    assert_true(is_found);
}

static void test_blocks_that_are_no_files_are_named(void **state)
{
    struct unixfs_entry entry;
    struct cid cid = put_node(bytes_text("\x0a\x02\x08\x09")); /* type 9 */

    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), CID_TEXT(&cid)));
    cid = put_node(bytes_text("\x0a\x02\x10\x09")); /* no type */
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    cid = put_node(bytes_text("\x12\x02\x08\x01")); /* a link without hash */
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    cid = put_node(bytes_make(NULL, 0));
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_INVALID);
    assert_ok(cid_of_hash(CID_DAG_CBOR, MULTIHASH_IDENTITY,
                          bytes_make("\xa0", 1), &cid));
    assert_int_equal(unixfs_stat(store, &cid, &entry), ERR_UNSUPPORTED);
}

static struct cid directory_with(const char *name, const struct cid *child)
{
    struct buffer block = {0};
    struct cid cid;

    dag_pb_write_link(&block, child, bytes_text(name), 1);
    dag_pb_write_data(&block, bytes_make("\x08\x01", 2));
    cid = put_node(buffer_view(&block));
    buffer_free(&block);
    return cid;
}

static void test_names_cannot_leave_the_folder(void **state)
{
    static const char *const names[] = {"..", ".", "../escaped", "/etc/x", ""};
    struct cid file = fixture_put(store, 10, 1);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct cid directory = directory_with(names[i], &file);
        char *out = mem_format("%s/out%zu", folder, i);

        assert_int_equal(unixfs_export_path(store, &directory, out),
                         ERR_DENIED);
        free(out);
    }
}

static void test_links_on_disk_are_not_followed(void **state)
{
    struct cid file = fixture_put(store, 10, 1);
    struct buffer block = {0};
    struct unixfs_entry link;
    struct cid directory;
    char *out = mem_format("%s/out", folder);

    assert_ok(unixfs_import_symlink(store, NULL, bytes_text("/tmp"), &link));
    /* The same name twice: a link, and then something below it. */
    dag_pb_write_link(&block, &link.cid, bytes_text("a"), 1);
    dag_pb_write_link(&block, &file, bytes_text("a"), 1);
    dag_pb_write_data(&block, bytes_make("\x08\x01", 2));
    directory = put_node(buffer_view(&block));
    assert_int_equal(unixfs_export_path(store, &directory, out), ERR_IO);
    buffer_free(&block);
    free(out);
}

/* ---- there and back ---- */

static void test_a_tree_comes_back_as_it_went_in(void **state)
{
    struct unixfs_import_options options = {.profile = &small, .hidden = true};
    char *from = mem_format("%s/from", folder);
    char *to = mem_format("%s/to", folder);
    char *command = mem_format(
        "mkdir -p %s/a/b %s/empty && cd %s && seq 1000 > a/numbers && "
        "touch a/b/nothing && ln -s ../a/numbers a/link && "
        "for i in $(seq 60); do echo $i > a/b/$i; done && echo x > .hidden",
        from, from, from);
    char *compare = mem_format("diff -r --no-dereference %s %s", from, to);
    struct unixfs_entry entry;

    assert_int_equal(system(command), 0);
    assert_ok(unixfs_import_path(store, &options, from, &entry));
    assert_ok(unixfs_export_path(store, &entry.cid, to));
    assert_int_equal(system(compare), 0);
    assert_int_equal(unixfs_export_path(store, &entry.cid, to), ERR_IO);
    free(compare);
    free(command);
    free(from);
    free(to);
}

/* A node with attributes over content, or a folder's entries. */
static struct unixfs_entry put_with(enum unixfs_type type, const char *content,
                                    const char *name,
                                    const struct unixfs_entry *below,
                                    uint32_t mode, int64_t seconds)
{
    struct unixfs_node node = {.type = type,
                               .data = bytes_text(content),
                               .has_data = type != UNIXFS_DIRECTORY,
                               .has_file_size = type == UNIXFS_FILE,
                               .file_size = strlen(content),
                               .attributes = {.has_mode = true,
                                              .mode = mode,
                                              .has_mtime = true,
                                              .mtime_seconds = seconds,
                                              .mtime_nanoseconds = 5000}};
    struct unixfs_entry entry = {.type = type};
    struct buffer message = {0}, block = {0};

    unixfs_encode(&node, NULL, 0, &message);
    if (below)
        dag_pb_write_link(&block, &below->cid, bytes_text(name), 1);
    dag_pb_write_data(&block, buffer_view(&message));
    cid_of(1, CID_DAG_PB, buffer_view(&block), &entry.cid);
    assert_ok(store_put(store, &entry.cid, buffer_view(&block)));
    buffer_free(&message);
    buffer_free(&block);
    return entry;
}

static void looks_like(const char *path, mode_t mode, int64_t seconds)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    if (!S_ISLNK(info.st_mode))
        assert_int_equal(info.st_mode & 07777, mode);
    assert_int_equal(info.st_mtim.tv_sec, seconds);
    assert_int_equal(info.st_mtim.tv_nsec, 5000);
}

static void test_mode_and_time_come_back(void **state)
{
    /* A set-uid bit is left out, a time before 1970 kept. */
    struct unixfs_entry file =
        put_with(UNIXFS_FILE, "hello", NULL, NULL, 04640, -86400);
    struct unixfs_entry inner =
        put_with(UNIXFS_DIRECTORY, "", "file", &file, 0555, 1000000000);
    struct unixfs_entry link =
        put_with(UNIXFS_SYMLINK, "inner", NULL, NULL, 0777, 1100000000);
    struct unixfs_entry outer =
        put_with(UNIXFS_DIRECTORY, "", "inner", &inner, 0750, 1200000000);
    char *place = fixture_folder();
    char *out = mem_format("%s/out", place);
    char *in = mem_format("%s/out/inner", place);
    char *at = mem_format("%s/out/inner/file", place);
    char *to = mem_format("%s/link", place);

    assert_ok(unixfs_export_path(store, &outer.cid, out));
    looks_like(out, 0750, 1200000000);
    looks_like(in, 0555, 1000000000);
    looks_like(at, 0640, -86400);
    assert_ok(unixfs_export_path(store, &link.cid, to));
    looks_like(to, 0, 1100000000);
    assert_int_equal(chmod(in, 0755), 0);
    free(out);
    free(in);
    free(at);
    free(to);
    fixture_remove(place);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_any_range_of_any_file_reads_back),
        TEST(test_a_limit_on_whole_files_is_kept),
        TEST(test_sharded_directories_list_and_find_like_others),
        TEST(test_paths_with_dots_are_refused),
        TEST(test_a_path_too_long_is_refused),
        TEST(test_a_file_deeper_than_the_limit_is_refused),
        TEST(test_sizes_that_lie_are_found),
        TEST(test_empty_files_do_not_multiply),
        TEST(test_a_size_that_is_not_that_of_the_parts_is_refused),
        TEST(test_a_shard_stands_in_one_place_only),
        TEST(test_a_shard_that_is_no_shard_is_refused),
        TEST(test_blocks_that_are_no_files_are_named),
        TEST(test_names_cannot_leave_the_folder),
        TEST(test_links_on_disk_are_not_followed),
        TEST(test_a_tree_comes_back_as_it_went_in),
        TEST(test_mode_and_time_come_back),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
