/*
 * abort() and not an error: with overcommitted memory the kernel kills the
 * process long before malloc() fails, so code for a NULL would hardly ever run
 * and be wrong when it does. A crash is a path that is tested (the stores
 * recover from one); that one would not be.
 *
 * What protects from input that asks for too much is the limit at each door,
 * not a failing allocation.
 */
#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's first value, which setting it keeps from changing. */
#define MAPPED_BYTES (128 << 10)

/* Other C libraries have no such habit. */
void mem_give_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
#endif
}

/* The one place where the process ends for want of memory. size is for the
 * message; 0 where it isn't known. No allocation on this path. */
static void *there_or_end(void *pointer, size_t size)
{
    if (!pointer) {
        fprintf(stderr, "pond: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return pointer;
}

void *mem_alloc(size_t size)
{
    /* malloc(0) may be NULL, which must not look like a failure. */
    return there_or_end(malloc(size ? size : 1), size);
}

void *mem_zero(size_t count, size_t size)
{
    if (!count || !size)
        count = size = 1;
    return there_or_end(calloc(count, size), size);
}

void *mem_resize(void *pointer, size_t size)
{
    return there_or_end(realloc(pointer, size ? size : 1), size);
}

void *mem_copy(const void *data, size_t size)
{
    void *copy = mem_alloc(size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *mem_text(const char *text)
{
    return text ? mem_copy(text, strlen(text) + 1) : NULL;
}

char *mem_format(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    /* vasprintf() leaves text undefined when it fails. */
    return there_or_end(length < 0 ? NULL : text, 0);
}
