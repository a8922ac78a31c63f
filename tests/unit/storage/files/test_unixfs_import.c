#include "fixture.h"

#include "storage/files/unixfs_import.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- against Helia's importer ---- */

struct vector {
    struct unixfs_profile profile;
    struct unixfs_import_options options;
    char kind[16];
    uint64_t count, seed;
};

static int import_seeded(const struct vector *vector, struct store *store,
                         size_t size, uint64_t seed, struct unixfs_entry *out)
{
    struct buffer data = fixture_bytes(size, seed);
    int status =
        unixfs_import_bytes(store, &vector->options, buffer_view(&data), out);

    buffer_free(&data);
    return status;
}

static void import_flat(const struct vector *vector, struct store *store,
                        struct unixfs_entry *out)
{
    struct unixfs_directory *directory =
        unixfs_directory_new(store, &vector->options);

    for (uint64_t i = 0; i < vector->count; i++) {
        struct unixfs_entry entry;
        char name[80];

        snprintf(name, sizeof(name), "%" PRIu64 "-%.*s",
                 i * 7919 % vector->count, (int)((i + vector->seed) % 40),
                 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
        assert_ok(
            import_seeded(vector, store, i % 50, vector->seed + i, &entry));
        assert_ok(unixfs_directory_add(directory, bytes_text(name), &entry));
    }
    assert_ok(unixfs_directory_finish(directory, out));
    unixfs_directory_free(directory);
}

static void import_nested(const struct vector *vector, struct store *store,
                          struct unixfs_entry *out)
{
    for (uint64_t i = vector->count; i-- > 0;) {
        struct unixfs_directory *directory =
            unixfs_directory_new(store, &vector->options);
        struct unixfs_entry file;
        char name[24];

        assert_ok(import_seeded(vector, store, i, vector->seed + i, &file));
        assert_ok(unixfs_directory_add(directory, bytes_text("file ü"), &file));
        snprintf(name, sizeof(name), "%" PRIu64, i);
        if (i + 1 < vector->count)
            assert_ok(unixfs_directory_add(directory, bytes_text(name), out));
        assert_ok(unixfs_directory_finish(directory, out));
        unixfs_directory_free(directory);
    }
}

static void read_vector(const char *line, struct vector *out, char *cid,
                        uint64_t *dag_bytes)
{
    char profile[32];
    uint32_t chunk, links, threshold;

    assert_int_equal(sscanf(line,
                            "%31s %" SCNu32 " %" SCNu32 " %" SCNu32
                            " %15s %" SCNu64 " %" SCNu64 " %127s %" SCNu64,
                            profile, &chunk, &links, &threshold, out->kind,
                            &out->count, &out->seed, cid, dag_bytes),
                     9);
    assert_non_null(unixfs_profile_named(profile));
    out->profile = *unixfs_profile_named(profile);
    if (chunk)
        out->profile.chunk_bytes = chunk;
    if (links)
        out->profile.links_max = links;
    out->profile.hamt_threshold_bytes = threshold;
    out->options = (struct unixfs_import_options){.profile = &out->profile};
}

static void test_cids_are_those_of_other_importers(void **state)
{
    FILE *file = fopen(VECTORS "/unixfs_importer.tsv", "r");
    char line[512], cid[128];
    unsigned rows = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct unixfs_entry entry;
        struct vector vector;
        uint64_t dag_bytes;

        if (line[0] == '#')
            continue;
        read_vector(line, &vector, cid, &dag_bytes);
        vector.options.threads = 1 + rows % 3;
        if (!strcmp(vector.kind, "file"))
            assert_ok(import_seeded(&vector, NULL, vector.count, vector.seed,
                                    &entry));
        else if (!strcmp(vector.kind, "flat"))
            import_flat(&vector, NULL, &entry);
        else
            import_nested(&vector, NULL, &entry);
        if (strcmp(cid, CID_TEXT(&entry.cid)) || entry.dag_bytes != dag_bytes)
            print_error("%s: %s %" PRIu64 "\n", line, CID_TEXT(&entry.cid),
                        entry.dag_bytes);
        assert_string_equal(cid, CID_TEXT(&entry.cid));
        assert_int_equal(entry.dag_bytes, dag_bytes);
        rows++;
    }
    fclose(file);
    assert_true(rows > 200);
}

/* ---- well-known CIDs ---- */

static void test_empty_things_have_their_well_known_cids(void **state)
{
    struct unixfs_import_options old = {.profile = &unixfs_profile_v0_2015};
    struct unixfs_directory *directory;
    struct unixfs_entry entry;

    assert_ok(unixfs_import_bytes(NULL, NULL, bytes_make(NULL, 0), &entry));
    assert_string_equal(
        CID_TEXT(&entry.cid),
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
    assert_ok(unixfs_import_bytes(NULL, &old, bytes_make(NULL, 0), &entry));
    assert_string_equal(CID_TEXT(&entry.cid),
                        "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
    directory = unixfs_directory_new(NULL, &old);
    assert_ok(unixfs_directory_finish(directory, &entry));
    assert_string_equal(CID_TEXT(&entry.cid),
                        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn");
    unixfs_directory_free(directory);
    directory = unixfs_directory_new(NULL, NULL);
    assert_ok(unixfs_directory_finish(directory, &entry));
    assert_string_equal(
        CID_TEXT(&entry.cid),
        "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    unixfs_directory_free(directory);
}

/* ---- names ---- */

static void test_names_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b", "/"};
    struct unixfs_directory *directory = unixfs_directory_new(NULL, NULL);
    struct unixfs_entry entry;

    assert_ok(unixfs_import_bytes(NULL, NULL, bytes_text("x"), &entry));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(
            unixfs_directory_add(directory, bytes_text(names[i]), &entry),
            ERR_INVALID);
    assert_int_equal(
        unixfs_directory_add(directory, bytes_make("a\0b", 3), &entry),
        ERR_INVALID);
    assert_ok(unixfs_directory_add(directory, bytes_text("a"), &entry));
    assert_int_equal(unixfs_directory_add(directory, bytes_text("a"), &entry),
                     ERR_EXISTS);
    unixfs_directory_free(directory);
}

/* ---- streams ---- */

struct endless {
    uint64_t left;
    int fail_with;
};

static int read_endless(void *user, uint8_t *data, size_t size, size_t *got)
{
    struct endless *endless = user;

    /* Odd pieces: the importer must gather whole chunks. */
    *got = size < 70001 ? size : 70001;
    if (*got > endless->left)
        *got = endless->left;
    memset(data, (int)(endless->left % 251), *got);
    endless->left -= *got;
    if (!endless->left && endless->fail_with)
        return err_set(endless->fail_with, "the source broke");
    return 0;
}

static void test_pieces_do_not_change_the_cid(void **state)
{
    struct buffer data = fixture_bytes(3 << 20, 1);
    struct unixfs_entry entries[4];

    for (unsigned threads = 1; threads <= 4; threads++) {
        struct unixfs_import_options options = {.threads = threads};

        assert_ok(unixfs_import_bytes(NULL, &options, buffer_view(&data),
                                      &entries[threads - 1]));
        assert_true(cid_equal(&entries[0].cid, &entries[threads - 1].cid));
    }
    buffer_free(&data);
}

static void test_memory_does_not_grow_with_the_file(void **state)
{
    struct unixfs_import_options options = {.threads = 2};
    struct endless endless = {.left = 8 << 20};
    struct rusage before, after;
    struct unixfs_entry entry;

    assert_ok(
        unixfs_import_stream(NULL, &options, read_endless, &endless, &entry));
    getrusage(RUSAGE_SELF, &before);
    endless.left = 400 << 20;
    assert_ok(
        unixfs_import_stream(NULL, &options, read_endless, &endless, &entry));
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(entry.size, 400 << 20);
    assert_true(after.ru_maxrss - before.ru_maxrss < 8 << 10); /* KiB */
}

static void test_an_error_of_the_source_is_passed_on(void **state)
{
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct unixfs_import_options options = {.threads = threads};
        struct endless endless = {.left = 5 << 20, .fail_with = ERR_NETWORK};
        struct unixfs_entry entry;

        assert_int_equal(unixfs_import_stream(NULL, &options, read_endless,
                                              &endless, &entry),
                         ERR_NETWORK);
        assert_string_equal(err_text(), "the source broke");
    }
}

static void test_a_full_store_ends_the_import(void **state)
{
    struct store_options limits = {.size_max_bytes = 3 << 20,
                                   .free_floor_bytes = 1};
    char *folder = fixture_folder();
    struct store *store;
    struct store_hold *hold;

    assert_ok(store_open(folder, &limits, &store));
    hold = store_hold(store);
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct unixfs_import_options options = {.threads = threads};
        struct endless endless = {.left = 20 << 20};
        struct unixfs_entry entry;

        assert_int_equal(unixfs_import_stream(store, &options, read_endless,
                                              &endless, &entry),
                         ERR_FULL);
        assert_non_null(strstr(err_text(), "size limit"));
    }
    store_release(hold);
    store_close(store);
    fixture_remove(folder);
}

/* ---- folders ---- */

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);

    assert_ok(file_replace(path, bytes_text(text), 0644));
    free(path);
}

struct seen {
    char paths[16][80];
    unsigned count;
};

static int note_path(void *user, const char *path,
                     const struct unixfs_entry *entry)
{
    struct seen *seen = user;

    assert_true(seen->count < 16);
    snprintf(seen->paths[seen->count++], 80, "%s", path);
    return 0;
}

static void test_a_folder_is_taken_in_the_order_of_its_names(void **state)
{
    char *folder = fixture_folder(), *below = mem_format("%s/b", folder);
    struct seen seen = {0};
    struct unixfs_import_options options = {.entry = note_path, .user = &seen};
    struct unixfs_entry entry, hidden;

    assert_ok(file_make_folder(below, 0755));
    write_file(folder, "c", "3");
    write_file(folder, "a", "1");
    write_file(folder, ".hidden", "h");
    write_file(below, "x", "2");
    assert_ok(unixfs_import_path(NULL, &options, folder, &entry));
    assert_int_equal(seen.count, 5);
    assert_string_equal(strrchr(seen.paths[0], '/'), "/a");
    assert_string_equal(strrchr(seen.paths[1], '/'), "/x");
    assert_string_equal(strrchr(seen.paths[2], '/'), "/b");
    assert_string_equal(strrchr(seen.paths[3], '/'), "/c");
    assert_string_equal(seen.paths[4], folder);
    seen.count = 0;
    options.hidden = true;
    assert_ok(unixfs_import_path(NULL, &options, folder, &hidden));
    assert_int_equal(seen.count, 6);
    assert_false(cid_equal(&entry.cid, &hidden.cid));
    free(below);
    fixture_remove(folder);
}

static void test_pipes_are_refused_and_not_waited_for(void **state)
{
    char *folder = fixture_folder(), *pipe_path = mem_format("%s/p", folder);
    struct unixfs_entry entry;

    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(unixfs_import_path(NULL, NULL, folder, &entry),
                     ERR_UNSUPPORTED);
    assert_int_equal(unixfs_import_path(NULL, NULL, "/nonexistent", &entry),
                     ERR_NOT_FOUND);
    free(pipe_path);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_does_not_grow_with_the_file),
        cmocka_unit_test(test_cids_are_those_of_other_importers),
        cmocka_unit_test(test_empty_things_have_their_well_known_cids),
        cmocka_unit_test(test_names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(test_pieces_do_not_change_the_cid),
        cmocka_unit_test(test_an_error_of_the_source_is_passed_on),
        cmocka_unit_test(test_a_full_store_ends_the_import),
        cmocka_unit_test(test_a_folder_is_taken_in_the_order_of_its_names),
        cmocka_unit_test(test_pipes_are_refused_and_not_waited_for),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
