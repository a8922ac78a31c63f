/*
 * What every unit test includes: cmocka and the headers it wants before it.
 */
#ifndef POND_TESTS_UNIT_TEST_H
#define POND_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A status of 0; otherwise the error's own text is shown. */
#define assert_ok(expression)                                                  \
    do {                                                                       \
        int assert_ok_status = (expression);                                   \
        if (assert_ok_status != 0) {                                           \
            print_error("%s: %d: %s\n", #expression, assert_ok_status,         \
                        err_text());                                           \
            fail();                                                            \
        }                                                                      \
    } while (0)

#endif
