#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/task/log_reader.h"
#include "node/task/task_log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char *path, *older;

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-log-reader-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    path = mem_format("%s/task.log", folder);
    older = mem_format("%s.1", path);
    return 0;
}

static int teardown(void **state)
{
    file_remove_tree(folder);
    free(path);
    free(older);
    return 0;
}

static void add(const char *name, const char *text)
{
    FILE *file = fopen(name, "ae");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_next(struct log_reader *reader, const char *expected)
{
    struct log_line line;

    assert_int_equal(log_reader_next(reader, &line), 1);
    assert_int_equal(line.whole.size, strlen(expected));
    assert_memory_equal(line.whole.data, expected, line.whole.size);
}

static void assert_none(struct log_reader *reader)
{
    struct log_line line;

    assert_int_equal(log_reader_next(reader, &line), 0);
}

static void test_the_older_file_comes_first(void **state)
{
    add(older, "one\ntwo\n");
    add(path, "three\n");
    struct log_reader *reader = log_reader_new(path);

    assert_next(reader, "one");
    assert_next(reader, "two");
    assert_next(reader, "three");
    assert_none(reader);
    add(path, "four\n");
    assert_next(reader, "four");
    log_reader_free(reader);
}

static void test_half_a_line_is_waited_for(void **state)
{
    struct log_reader *reader = log_reader_new(path);
    struct log_line line;

    assert_int_equal(log_reader_next(reader, &line), ERR_NOT_FOUND);
    add(path, "be");
    assert_none(reader);
    add(path, "gun\n");
    assert_next(reader, "begun");
    log_reader_free(reader);
}

static void test_a_rotation_loses_nothing_and_doubles_nothing(void **state)
{
    add(path, "one\n");
    struct log_reader *reader = log_reader_new(path);

    assert_next(reader, "one");
    assert_none(reader);
    /* What the writer added before it moved the file on is read, too. */
    add(path, "two\nlast, without its end");
    assert_int_equal(rename(path, older), 0);
    add(path, "three\n");
    assert_next(reader, "two");
    assert_next(reader, "last, without its end");
    assert_next(reader, "three");
    assert_none(reader);
    log_reader_free(reader);
}

static void test_a_file_between_two_rotations_is_read(void **state)
{
    add(path, "one\n");
    struct log_reader *reader = log_reader_new(path);

    assert_next(reader, "one");
    assert_int_equal(rename(path, older), 0);
    add(path, "two\n");
    assert_int_equal(rename(path, older), 0);
    add(path, "three\n");
    assert_next(reader, "two");
    assert_next(reader, "three");
    assert_none(reader);
    log_reader_free(reader);
}

static void test_a_log_emptied_by_hand_begins_anew(void **state)
{
    add(path, "a long line that was there\n");
    struct log_reader *reader = log_reader_new(path);

    assert_next(reader, "a long line that was there");
    assert_int_equal(truncate(path, 0), 0);
    assert_none(reader);
    add(path, "new\n");
    assert_next(reader, "new");
    log_reader_free(reader);
}

static void test_every_rotation_of_a_real_log_is_followed(void **state)
{
    struct task_log *log;
    char *filler = mem_zero(1, 1u << 20);
    struct log_reader *reader = log_reader_new(path);
    struct log_line line;
    unsigned expected = 0;

    memset(filler, 'x', (1u << 20) - 1);
    assert_ok(task_log_open(folder, &log));
    for (unsigned i = 0; i < 40; i++) {
        char text[32];

        task_log_line(log, LOG_INFO, filler);
        snprintf(text, sizeof(text), "number %u", i);
        task_log_line(log, LOG_WARN, text);
        while (log_reader_next(reader, &line) == 1) {
            unsigned number;

            assert_true(line.whole.size <= LOG_READER_LINE_MAX);
            char *copy = mem_format("%.*s", (int)line.text.size,
                                    (const char *)line.text.data);
            if (sscanf(copy, "number %u", &number) == 1) {
                assert_int_equal(number, expected++);
                assert_int_equal(line.level, LOG_WARN);
            }
            free(copy);
        }
    }
    assert_int_equal(expected, 40);
    log_reader_free(reader);
    task_log_close(log);
    free(filler);
}

static void test_what_is_no_file_is_not_read(void **state)
{
    struct log_line line;

    assert_int_equal(mkfifo(path, 0600), 0);
    struct log_reader *reader = log_reader_new(path);
    assert_int_equal(log_reader_next(reader, &line), ERR_IO);
    log_reader_free(reader);
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    reader = log_reader_new(path);
    assert_int_equal(log_reader_next(reader, &line), ERR_IO);
    log_reader_free(reader);
}

static struct log_line read_head(const char *text)
{
    struct log_line line = {
        .whole = bytes_text(text), .time_ms = 7, .level = LOG_ERROR};

    log_line_read(&line);
    return line;
}

static void test_heads_of_all_forms(void **state)
{
    static const struct {
        const char *line, *text;
        uint64_t time_ms;
        enum log_level level;
    } heads[] = {
        {"[2026-11-30T02:01:08.042Z] ERROR: no", "no", 1796004068042,
         LOG_ERROR},
        {"[2026-11-30T02:01:08.042Z] yes", "yes", 1796004068042, LOG_INFO},
        {"[11/30/2026, 2:01:08 AM] WARNING: hm", "hm", 1796004068000, LOG_WARN},
        {"[11/30/2026, 12:00:00 AM] x", "x", 1795996800000, LOG_INFO},
        {"[11/30/2026, 12:00:00 PM] x", "x", 1796040000000, LOG_INFO},
        {"2026-11-30T02:01:08.042Z warn  node: hm", "node: hm", 1796004068042,
         LOG_WARN},
    };

    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct log_line line = read_head(heads[i].line);

        assert_true(line.has_head);
        assert_int_equal(line.time_ms, heads[i].time_ms);
        assert_int_equal(line.level, heads[i].level);
        assert_int_equal(line.text.size, strlen(heads[i].text));
        assert_memory_equal(line.text.data, heads[i].text, line.text.size);
    }
}

static void test_a_line_without_a_head_keeps_the_last_ones(void **state)
{
    static const char *const lines[] = {"",
                                        "    at main (main.js:3:4)",
                                        "[",
                                        "[2026-11-30T02:01:08.042Z]x",
                                        "2026-11-30T02:01:08.042Zx",
                                        "[99/99]",
                                        "[1/1/1970, 0:00:00 XM] a"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct log_line line = read_head(lines[i]);

        assert_false(line.has_head);
        assert_int_equal(line.time_ms, 7);
        assert_int_equal(line.level, LOG_ERROR);
        assert_int_equal(line.text.size, strlen(lines[i]));
    }
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_the_older_file_comes_first),
        EACH(test_half_a_line_is_waited_for),
        EACH(test_a_rotation_loses_nothing_and_doubles_nothing),
        EACH(test_a_file_between_two_rotations_is_read),
        EACH(test_a_log_emptied_by_hand_begins_anew),
        EACH(test_every_rotation_of_a_real_log_is_followed),
        EACH(test_what_is_no_file_is_not_read),
        cmocka_unit_test(test_heads_of_all_forms),
        cmocka_unit_test(test_a_line_without_a_head_keeps_the_last_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
