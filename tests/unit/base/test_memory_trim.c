#include "base/memory_trim.h"

#include "base/error.h"
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Other allocators, those of sanitizers among them, keep what they like. */
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) ||                    \
    defined(__SANITIZE_THREAD__)
#define GIVES_BACK false
#else
#define GIVES_BACK true
#endif

#define PIECES 1024
#define PIECE_BYTES 32768

/* The process's own, in bytes. */
static size_t resident(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t kilobytes = 0;
    assert_non_null(file);
    while (!kilobytes && fgets(line, sizeof(line), file))
        (void)sscanf(line, "RssAnon: %zu", &kilobytes);
    fclose(file);
    assert_true(kilobytes > 0);
    return kilobytes * 1024;
}

/* The last piece is in use, so that the heap does not shrink by itself. */
static void test_free_pages_between_pieces_are_given_back(void **state)
{
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE_BYTES);
        memset(pieces[i], 1, PIECE_BYTES);
    }
    for (size_t i = 0; i + 1 < PIECES; i++)
        free(pieces[i]);
    size_t before = resident();
    memory_trim();
    if (GIVES_BACK)
        assert_true(resident() + PIECES * PIECE_BYTES / 2 < before);
    assert_int_equal(*(const uint8_t *)pieces[PIECES - 1], 1);
    free(pieces[PIECES - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_pages_between_pieces_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
