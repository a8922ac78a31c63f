/*
 * What is kept for a task, and what lies in it: text, bytes, folders.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "node/node_evidence.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/pin.h"

static struct store *store;
static struct pubkey task = {{1}}, other = {{2}};

static char folder[] = "/tmp/pond-evidence-XXXXXX";

static int set_up(void **state)
{
    const struct store_options options = {.segment_size_bytes = 1 << 20};

    strcpy(folder, "/tmp/pond-evidence-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return store_open(folder, &options, &store);
}

static int tear_down(void **state)
{
    store_close(store);
    return file_remove_tree(folder);
}

static struct cid put(struct bytes data)
{
    struct unixfs_entry entry;

    assert_ok(unixfs_import_bytes(store, NULL, data, &entry));
    return entry.cid;
}

static struct json_object *show(const struct cid *cid, const char *path)
{
    struct buffer text = {0};
    struct json_object *tree;

    assert_ok(node_evidence_write_content(store, CID_TEXT(cid), path, &text));
    assert_ok(json_parse(buffer_view(&text), &tree));
    buffer_free(&text);
    return tree;
}

static const char *text_in(struct json_object *object, const char *name)
{
    const char *text = NULL;

    if (json_get_text(object, name, &text))
        err_clear();
    return text;
}

static void test_rounds_of_the_task_are_listed_newest_first(void **state)
{
    const struct cid cids[] = {put(bytes_text("a")), put(bytes_text("b")),
                               put(bytes_text("c"))};
    const struct pin_owner owners[] = {retention_round(&task, 7, 0),
                                       retention_round(&task, 9, 5),
                                       retention_round(&other, 8, 0)};
    struct pin_owner code = retention_task(&task);
    struct buffer text = {0};
    struct json_object *tree, *items, *first;
    uint64_t number;

    for (size_t i = 0; i < 3; i++)
        assert_ok(pin_add(store, &cids[i], &owners[i], "name"));
    assert_ok(pin_add(store, &cids[0], &code, NULL));
    assert_ok(node_evidence_write(store, &task, &text));
    assert_ok(json_parse(buffer_view(&text), &tree));
    assert_ok(json_get_array(tree, "items", &items));
    assert_int_equal(json_object_array_length(items), 2);
    first = json_object_array_get_idx(items, 0);
    assert_string_equal(text_in(first, "cid"), CID_TEXT(&cids[1]));
    assert_ok(json_get_u64(first, "until_round", &number));
    assert_int_equal(number, 14);
    assert_ok(
        json_get_u64(json_object_array_get_idx(items, 1), "round", &number));
    assert_int_equal(number, 7);
    json_object_put(tree);
    buffer_free(&text);
}

static void test_text_is_text_and_bytes_are_hexadecimal(void **state)
{
    static const uint8_t bytes[] = {0xff, 0x00, 0x10};
    struct cid cid = put(bytes_text("<script>\n\xe2\x80\xae</script>"));
    struct json_object *tree = show(&cid, "");

    assert_string_equal(text_in(tree, "type"), "file");
    assert_string_equal(text_in(tree, "text"),
                        "<script>\n\xe2\x80\xae</script>");
    json_object_put(tree);
    cid = put(bytes_make(bytes, sizeof(bytes)));
    tree = show(&cid, "");
    assert_null(text_in(tree, "text"));
    assert_string_equal(text_in(tree, "hex"), "ff0010");
    json_object_put(tree);
    cid = put((struct bytes){0});
    tree = show(&cid, "");
    assert_string_equal(text_in(tree, "text"), "");
    json_object_put(tree);
}

/* The cut is in the middle of a character. */
static void test_a_large_file_is_cut(void **state)
{
    struct buffer data = {0};
    struct json_object *tree;
    bool is_cut;
    uint64_t size;

    buffer_text(&data, "a");
    while (data.size < 3 * EVIDENCE_SHOWN_MAX)
        buffer_text(&data, "\xe6\xbc\xa2");
    struct cid cid = put(buffer_view(&data));

    tree = show(&cid, "");
    assert_ok(json_get_bool(tree, "cut", &is_cut));
    assert_true(is_cut);
    assert_ok(json_get_u64(tree, "bytes", &size));
    assert_int_equal(size, data.size);
    assert_non_null(text_in(tree, "text"));
    json_object_put(tree);
    buffer_free(&data);
}

static void test_a_folder_is_listed_and_led_into(void **state)
{
    struct unixfs_directory *directory = unixfs_directory_new(store, NULL);
    struct unixfs_entry file, root;
    struct json_object *tree, *items;

    assert_ok(unixfs_import_bytes(store, NULL, bytes_text("inside"), &file));
    assert_ok(unixfs_directory_add(directory, bytes_text("a <b>.txt"), &file));
    assert_ok(unixfs_directory_finish(directory, &root));
    unixfs_directory_free(directory);
    tree = show(&root.cid, "");
    assert_string_equal(text_in(tree, "type"), "folder");
    assert_ok(json_get_array(tree, "items", &items));
    assert_int_equal(json_object_array_length(items), 1);
    assert_string_equal(text_in(json_object_array_get_idx(items, 0), "name"),
                        "a <b>.txt");
    json_object_put(tree);
    tree = show(&root.cid, "a <b>.txt");
    assert_string_equal(text_in(tree, "text"), "inside");
    json_object_put(tree);
}

static void test_what_is_not_here_is_said(void **state)
{
    struct buffer out = {0};
    struct cid cid = put(bytes_text("here")), absent;

    cid_of(1, CID_RAW, bytes_text("absent"), &absent);
    assert_int_equal(
        node_evidence_write_content(store, CID_TEXT(&absent), "", &out),
        ERR_NOT_FOUND);
    assert_true(node_evidence_write_content(store, "no cid", "", &out) < 0);
    assert_true(
        node_evidence_write_content(store, CID_TEXT(&cid), "../x", &out) < 0);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_rounds_of_the_task_are_listed_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_text_is_text_and_bytes_are_hexadecimal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_large_file_is_cut, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_is_listed_and_led_into,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_here_is_said, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("node/node_evidence", tests, NULL, NULL);
}
