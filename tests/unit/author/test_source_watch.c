/*
 * Which changes below a task's folder are told, and that the bundle is none.
 */
#include "author/source_watch.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "test.h"

/* The watch is quiet for a tenth of this before it tells. */
#define WAIT_MS 1000

struct look {
    uv_loop_t loop;
    struct source_watch *watch;
    uv_timer_t end;
    bool was_told;
};

static void on_changed(void *user)
{
    struct look *look = user;

    look->was_told = true;
    uv_stop(&look->loop);
}

static void on_end(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void write_file(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    char *parent = file_parent(path);

    assert_ok(file_make_folder(parent, 0700));
    assert_ok(file_replace(path, bytes_text("0"), 0600));
    free(parent);
    free(path);
}

/* Is a change of that file told, where the bundle has this path? */
static bool is_told(const char *folder, const char *bundle, const char *name)
{
    struct look look = {0};
    char *output = mem_format("%s/%s", folder, bundle);

    assert_int_equal(uv_loop_init(&look.loop), 0);
    assert_int_equal(uv_timer_init(&look.loop, &look.end), 0);
    assert_ok(source_watch_open(&look.loop, folder, output, on_changed, &look,
                                &look.watch));
    uv_timer_start(&look.end, on_end, WAIT_MS, 0);
    write_file(folder, name);
    uv_run(&look.loop, UV_RUN_DEFAULT);
    source_watch_close(look.watch);
    uv_close((uv_handle_t *)&look.end, NULL);
    uv_run(&look.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&look.loop), 0);
    free(output);
    return look.was_told;
}

static void test_sources_are_told_and_the_bundle_is_not(void **state)
{
    char folder[] = "/tmp/pond-test-XXXXXX";

    assert_non_null(mkdtemp(folder));
    write_file(folder, "dist/main.js");
    write_file(folder, "core/main.js");
    assert_true(is_told(folder, "dist/main.js", "core/main.js"));
    assert_false(is_told(folder, "dist/main.js", "dist/main.js"));
    /* As a config may write it. */
    assert_false(is_told(folder, "./dist/main.js", "dist/main.js"));
    /* In the task's own folder. */
    write_file(folder, "main.js");
    assert_false(is_told(folder, "main.js", "main.js"));
    assert_true(is_told(folder, "main.js", "index.js"));
    file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_are_told_and_the_bundle_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
