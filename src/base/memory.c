#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    return there_or_end(length < 0 ? NULL : text, 0);
}
