/*
 * Files that are part of the program, put there at build time (embed.py).
 */
#ifndef POND_BASE_EMBEDDED_H
#define POND_BASE_EMBEDDED_H

#include <stddef.h>

/* Constant, as long as the program runs. A NUL follows data, which size leaves
 * out. */
struct embedded_file {
    const char *path; /* relative; NULL in the entry that ends an array */
    const unsigned char *data;
    size_t size;
};

#endif
