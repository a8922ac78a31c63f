/*
 * Bundles: the choice of the engine, characters that are not ASCII, and whole
 * builds with the machine's esbuild.
 */
#include "author/bundle.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct bundle_engine choose(const char *inputs)
{
    struct bundle_engine engine;
    char *text = mem_format("{\"inputs\":{%s}}", inputs);
    assert_int_equal(bundle_choose_engine(bytes_text(text), NULL, &engine), 0);
    free(text);
    return engine;
}

static void test_own_imports_choose_the_engine(void **state)
{
    struct bundle_engine engine =
        choose("\"src/index.js\":{\"imports\":[{\"path\":\"fs\"},{\"path\":"
               "\"node_modules/axios/index.js\"}]}");
    assert_string_equal(engine.name, "pond");
    assert_string_equal(engine.reason, "");
    engine = choose("\"src/a.js\":{\"imports\":[]},\"src/b.js\":{\"imports\":[{"
                    "\"path\":\"node:child_process\"}]}");
    assert_string_equal(engine.name, "node");
    assert_string_equal(engine.reason, "child_process in src/b.js");
    engine = choose("\"src/a.js\":{\"imports\":[{\"path\":\"../../"
                    "node_modules/puppeteer-core/lib/x.js\"}]}");
    assert_string_equal(engine.reason, "puppeteer-core in src/a.js");
    /* Names that only begin alike. */
    engine = choose("\"src/a.js\":{\"imports\":[{\"path\":\"network\"},"
                    "{\"path\":\"node_modules/pg-format/a.js\"},"
                    "{\"path\":\"src/net\"}]}");
    assert_string_equal(engine.name, "pond");
}

static void test_imports_of_packages_choose_nothing(void **state)
{
    struct bundle_engine engine =
        choose("\"node_modules/a/index.js\":{\"imports\":[{\"path\":"
               "\"child_process\"},{\"path\":\"net\"}]}");
    assert_string_equal(engine.name, "pond");
}

/* Tasks that carry Koii's wrapper and have a loop of their own. */
static void test_a_loop_over_messages_chooses_node(void **state)
{
    static const struct {
        const char *source;
        const char *engine;
    } cases[] = {
        {"process.on('message', (m) => {});", "node"},
        {"a();\n  process.on(\n    \"message\",\n f);", "node"},
        {"process.on('exit', f); process.on(`message`, f)", "node"},
        {"// process.on('message', f)\n/* process.on('message') */", "pond"},
        {"process.on('messages', f); on('message', f)", "pond"},
        {"process.on(", "pond"},
        {"", "pond"},
    };
    char folder[] = "/tmp/pond-bundle-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = mem_format("%s/a.js", folder);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bundle_engine engine;
        assert_int_equal(file_replace(path, bytes_text(cases[i].source), 0600),
                         0);
        assert_int_equal(
            bundle_choose_engine(
                bytes_text("{\"inputs\":{\"a.js\":{\"imports\":[]},"
                           "\"gone.js\":{\"imports\":[]}}}"),
                folder, &engine),
            0);
        assert_string_equal(engine.name, cases[i].engine);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    free(path);
}

static void test_what_is_no_metafile_is_refused(void **state)
{
    struct bundle_engine engine;
    assert_int_equal(bundle_choose_engine(bytes_text("{"), NULL, &engine),
                     ERR_INVALID);
    assert_int_not_equal(bundle_choose_engine(bytes_text("{}"), NULL, &engine),
                         0);
    assert_int_not_equal(
        bundle_choose_engine(bytes_text("{\"inputs\":{\"a\":1}}"), NULL,
                             &engine),
        0);
}

static void test_characters_become_escapes(void **state)
{
    struct buffer out = {0};
    bundle_escape(bytes_text("/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/u.x"),
                  &out);
    assert_string_equal(buffer_string(&out),
                        "/\\u00e9\\u20ac\\ud83d\\ude00/u.x");
    buffer_free(&out);
}

/* In "/e/;x" with an accent, x stands in column 4, and in 9 once it is escaped.
 * In the next line nothing moves. */
static void test_mappings_move_with_the_escapes(void **state)
{
    struct buffer out = {0};
    bundle_shift(bytes_text("/\xc3\xa9/;x\ny;z"),
                 bytes_text("AAAA,IAAI;AACA,E"), &out);
    assert_string_equal(buffer_string(&out), "AAAA,SAAI;AACA,E");
    buffer_free(&out);
    /* Two units for a character above U+FFFF; what is no mapping stays. */
    bundle_shift(bytes_text("\xf0\x9f\x98\x80x"), bytes_text("E,?,E;!"), &out);
    assert_string_equal(buffer_string(&out), "Y,?,E;!");
    buffer_free(&out);
}

/* ---- builds ---- */

struct task {
    char folder[sizeof("/tmp/pond-bundle-XXXXXX")];
    struct bundle bundle;
    int status;
};

static void add_file(const struct task *task, const char *name,
                     const char *text)
{
    char *path = mem_format("%s/%s", task->folder, name);
    char *above = mem_text(path);
    *strrchr(above, '/') = 0;
    assert_int_equal(file_make_folder(above, 0755), 0);
    assert_int_equal(file_replace(path, bytes_text(text), 0644), 0);
    free(above);
    free(path);
}

static char *read_file(const struct task *task, const char *name)
{
    struct buffer text = {0};
    char *path = mem_format("%s/%s", task->folder, name);
    assert_int_equal(file_read(path, 1u << 20, &text), 0);
    char *copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    free(path);
    return copy;
}

static void open_task(struct task *task)
{
    *task = (struct task){.folder = "/tmp/pond-bundle-XXXXXX"};
    assert_non_null(mkdtemp(task->folder));
}

static void build(struct task *task)
{
    const struct bundle_options options = {.folder = task->folder};
    task->status = bundle_build(&options, &task->bundle);
}

static void close_task(struct task *task)
{
    bundle_free(&task->bundle);
    assert_int_equal(file_remove_tree(task->folder), 0);
}

static void need_esbuild(void)
{
    if (system("esbuild --version >/dev/null 2>&1")) {
        print_message("# no esbuild on this machine\n");
        skip();
    }
}

static void test_a_task_becomes_one_ascii_file(void **state)
{
    struct task task;
    need_esbuild();
    open_task(&task);
    add_file(&task, "src/index.ts",
             "import { x } from './b';\n"
             "import fetch from 'node-fetch';\n"
             "import { namespaceWrapper } from "
             "'@_koii/namespace-wrapper';\n"
             "console.log(x, fetch, namespaceWrapper, import.meta.url, "
             "/\xc3\xa9/, String.raw`\xc3\xa9\\n`);\n");
    add_file(&task, "src/b.ts", "export const x: string = 'b\xc3\xa9';\n");
    build(&task);
    if (task.status)
        fail_msg("%s\n%s", err_text(), buffer_string(&task.bundle.messages));
    assert_string_equal(task.bundle.entry, "src/index.ts");
    assert_string_equal(task.bundle.engine.name, "pond");
    char *text = read_file(&task, "dist/main.js");
    assert_int_equal(strlen(text), task.bundle.size_bytes);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    assert_non_null(strstr(text, "/\\u00e9/"));
    assert_non_null(strstr(text, "[\"\\xE9\\\\n\"]"));
    assert_non_null(strstr(text, "require(\"@_koii/namespace-wrapper\")"));
    assert_null(strstr(text, "require(\"node-fetch\")"));
    assert_non_null(strstr(text, "//# sourceMappingURL=main.js.map"));
    free(text);
    text = read_file(&task, "dist/main.js.map");
    assert_non_null(strstr(text, "../src/index.ts"));
    free(text);
    close_task(&task);
}

static void test_the_engine_is_written_into_the_config(void **state)
{
    struct task task;
    need_esbuild();
    open_task(&task);
    add_file(&task, "main/start.js",
             "require('child_process').execSync('true');\n");
    add_file(&task, "package.json", "{\"main\":\"main/start.js\"}");
    add_file(&task, "config-task.yml",
             "task_name: \"x\"\ntask_audit_program: \"out/main.js\"");
    build(&task);
    assert_int_equal(task.status, 0);
    assert_string_equal(task.bundle.entry, "main/start.js");
    assert_string_equal(task.bundle.engine.name, "node");
    assert_true(task.bundle.config_changed);
    assert_non_null(strstr(task.bundle.output, "/out/main.js"));
    char *config = read_file(&task, "config-task.yml");
    assert_string_equal(
        config, "task_name: \"x\"\ntask_audit_program: "
                "\"out/main.js\"\n\n# The task needs Node: child_process "
                "in main/start.js.\nengine: \"node\"\n");
    bundle_free(&task.bundle);
    /* An engine that is named stays. */
    build(&task);
    assert_false(task.bundle.config_changed);
    char *again = read_file(&task, "config-task.yml");
    assert_string_equal(again, config);
    free(again);
    free(config);
    close_task(&task);
}

static void test_express_is_the_engines_or_in_the_bundle(void **state)
{
    struct task task;
    need_esbuild();
    open_task(&task);
    add_file(&task, "src/index.js", "console.log(require('express'));\n");
    add_file(&task, "node_modules/express/index.js",
             "module.exports = 'bundled';\n");
    build(&task);
    assert_int_equal(task.status, 0);
    char *text = read_file(&task, "dist/main.js");
    assert_non_null(strstr(text, "require(\"express\")"));
    free(text);
    bundle_free(&task.bundle);
    add_file(&task, "config-task.yml", "engine: node\n");
    build(&task);
    assert_int_equal(task.status, 0);
    text = read_file(&task, "dist/main.js");
    assert_non_null(strstr(text, "\"bundled\""));
    free(text);
    close_task(&task);
}

static void test_what_is_wrong_is_said(void **state)
{
    struct task task;
    need_esbuild();
    open_task(&task);
    build(&task);
    assert_int_equal(task.status, ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "has no src/index.js"));
    bundle_free(&task.bundle);
    add_file(&task, "src/index.js", "import './missing';\n");
    build(&task);
    assert_int_equal(task.status, ERR_INVALID);
    assert_non_null(strstr(buffer_string(&task.bundle.messages), "./missing"));
    bundle_free(&task.bundle);
    add_file(&task, "src/index.js", "await 1;\nexport {};\n");
    build(&task);
    assert_int_equal(task.status, ERR_INVALID);
    assert_non_null(
        strstr(buffer_string(&task.bundle.messages), "Top-level await"));
    close_task(&task);
}

/* The file's time, in seconds. */
static void set_time(const struct task *task, const char *name, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    char *path = mem_format("%s/%s", task->folder, name);

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

/* The file that makes a build due, below the folder; "" for a bundle that is
 * missing, NULL if none is due. The caller frees it. */
static char *due_because(const struct task *task)
{
    const struct bundle_options options = {.folder = task->folder,
                                           .output = "dist/main.js"};
    bool is_due;
    char *newer;

    assert_int_equal(bundle_is_due(&options, &is_due, &newer), 0);
    assert_true(is_due || !newer);
    char *name = newer    ? mem_text(newer + strlen(task->folder) + 1)
                 : is_due ? mem_text("")
                          : NULL;
    free(newer);
    return name;
}

static void assert_due(const struct task *task, const char *name)
{
    char *found = due_because(task);

    if (name)
        assert_string_equal(found, name);
    else
        assert_null(found);
    free(found);
}

static void test_a_bundle_older_than_a_source_is_due(void **state)
{
    struct task task;

    open_task(&task);
    add_file(&task, "dist/main.js", "1;\n");
    assert_due(&task, NULL); /* there are no sources */
    add_file(&task, "src/task/work.js", "1;\n");
    add_file(&task, "src/index.js", "1;\n");
    add_file(&task, "src/words.txt", "a\n");
    add_file(&task, "config-task.yml", "a: 1\n");
    add_file(&task, "node_modules/a/index.js", "1;\n");
    set_time(&task, "src/task/work.js", 1000);
    set_time(&task, "src/index.js", 1000);
    set_time(&task, "src/words.txt", 1000);
    set_time(&task, "dist/main.js", 1000);
    assert_due(&task, NULL);
    set_time(&task, "src/task/work.js", 1001);
    assert_due(&task, "src/task/work.js");
    set_time(&task, "dist/main.js", 1001);
    assert_due(&task, NULL);
    set_time(&task, "src/words.txt", 1002);
    assert_due(&task, "src/words.txt");
    set_time(&task, "dist/main.js", 1003);
    add_file(&task, "package.json", "{}");
    assert_due(&task, "package.json");
    add_file(&task, "dist/old.js", "1;\n");
    set_time(&task, "package.json", 1000);
    assert_due(&task, NULL);
    char *path = mem_format("%s/dist/main.js", task.folder);
    assert_int_equal(file_remove_tree(path), 0);
    free(path);
    assert_due(&task, "");
    close_task(&task);
}

/* Code beside the terms and the bundle: what is no code is no source. */
static void test_sources_may_lie_in_the_tasks_own_folder(void **state)
{
    struct task task;

    open_task(&task);
    add_file(&task, "index.js", "1;\n");
    add_file(&task, "lib/a.mjs", "1;\n");
    add_file(&task, "dist/main.js", "1;\n");
    set_time(&task, "index.js", 1000);
    set_time(&task, "lib/a.mjs", 1000);
    set_time(&task, "dist/main.js", 1000);
    add_file(&task, "config-task.yml", "a: 1\n");
    add_file(&task, "taskStateInfoKeypair.json", "[]");
    add_file(&task, "dist/other.js", "1;\n");
    assert_due(&task, NULL);
    set_time(&task, "lib/a.mjs", 1001);
    assert_due(&task, "lib/a.mjs");
    close_task(&task);
}

static void test_a_missing_esbuild_is_said(void **state)
{
    struct task task;
    char *path = mem_text(getenv("PATH"));
    open_task(&task);
    add_file(&task, "src/index.js", "1;\n");
    setenv("PATH", task.folder, 1);
    build(&task);
    setenv("PATH", path, 1);
    assert_int_equal(task.status, ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "esbuild"));
    free(path);
    close_task(&task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_imports_choose_the_engine),
        cmocka_unit_test(test_imports_of_packages_choose_nothing),
        cmocka_unit_test(test_a_loop_over_messages_chooses_node),
        cmocka_unit_test(test_what_is_no_metafile_is_refused),
        cmocka_unit_test(test_characters_become_escapes),
        cmocka_unit_test(test_mappings_move_with_the_escapes),
        cmocka_unit_test(test_a_task_becomes_one_ascii_file),
        cmocka_unit_test(test_the_engine_is_written_into_the_config),
        cmocka_unit_test(test_express_is_the_engines_or_in_the_bundle),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_a_bundle_older_than_a_source_is_due),
        cmocka_unit_test(test_sources_may_lie_in_the_tasks_own_folder),
        cmocka_unit_test(test_a_missing_esbuild_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
