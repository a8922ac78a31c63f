/*
 * Checks that stay in production. CHECK is for what can only be false through
 * a mistake in this program: it prints the place and ends the process. The
 * stores are crash-safe, so ending is always the safe answer. Input from
 * outside is never CHECKed; it gets an error (error.h).
 */
#ifndef POND_BASE_CHECK_H
#define POND_BASE_CHECK_H

void check_failed(const char *file, int line, const char *what)
    __attribute__((noreturn, cold));

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (__builtin_expect(!(condition), 0))                                 \
            check_failed(__FILE__, __LINE__, #condition);                      \
    } while (0)

/* A magic number as the first field of a long-lived struct catches stale and
 * mistyped pointers at the door of its module. */
#define CHECK_MAGIC(pointer, number)                                           \
    CHECK((pointer) != 0 && (pointer)->magic == (number))

#endif
