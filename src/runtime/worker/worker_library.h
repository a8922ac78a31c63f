/*
 * The JavaScript sources inside the program. embed.c makes
 * worker_library_sources.c of js/ at build time.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_LIBRARY_H
#define POND_RUNTIME_WORKER_WORKER_LIBRARY_H

#include "base/bytes.h"
#include <JavaScriptCore/JavaScript.h>

struct worker_library_source {
    /* Such as "console" or "node/path". */
    const char *name;
    /* ASCII text. */
    const char *text;
};

/* Ends with a zero entry. */
extern const struct worker_library_source worker_library_sources[];

/* The value of the part called name. NULL with *exception set if it throws or
 * there is no such part. */
JSValueRef worker_library_evaluate(JSContextRef context, const char *name,
                                   JSValueRef *exception);

/* The source without the comment at its end that names its source map
 * (ECMA-426, "Linking generated code to source maps"). *map_url is empty if
 * there is no such comment; else it points into source. */
struct bytes worker_library_split(struct bytes source, struct bytes *map_url);

/* A CommonJS module's source as a function; NULL with *exception set. */
JSValueRef worker_library_wrap(JSContextRef context, struct bytes source,
                               JSValueRef *exception);

#endif
