/*
 * Allocations that succeed or end the process. No caller can do anything
 * sensible when an allocation fails, and every store survives a crash, so these
 * functions never return NULL. Free their results with free().
 */
#ifndef POND_BASE_MEMORY_H
#define POND_BASE_MEMORY_H

#include <stddef.h>

/* Give freed memory of 128 KiB or more back to the system at once, always.
 * glibc begins so too, but keeps ever larger pieces once some were freed; and
 * as buffers of blocks come and go, each of another size, its heap then grows
 * to twice what is in use. Call it first thing in main(). */
void mem_give_back(void);

/* Uninitialised. size 0 gives a unique pointer. */
void *mem_alloc(size_t size) __attribute__((malloc));

/* count * size bytes, all zero; the product is checked. */
void *mem_zero(size_t count, size_t size) __attribute__((malloc));

/* As realloc; pointer may be NULL. */
void *mem_resize(void *pointer, size_t size);

/* A copy of size bytes at data. */
void *mem_copy(const void *data, size_t size) __attribute__((malloc));

/* A copy of text with its NUL; NULL gives NULL. */
char *mem_text(const char *text) __attribute__((malloc));

/* printf into new memory. */
char *mem_format(const char *format, ...)
    __attribute__((format(printf, 1, 2), malloc));

#endif
