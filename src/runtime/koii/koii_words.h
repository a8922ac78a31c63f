/*
 * Argument list and environment of a bundle's process (koii_process.h), as
 * Koii's node makes them.
 */
#ifndef POND_RUNTIME_KOII_KOII_WORDS_H
#define POND_RUNTIME_KOII_KOII_WORDS_H

#include "runtime/koii/koii_process.h"

/* NULL-ended lists of texts; the caller frees both with koii_words_free(). */
char **koii_words_arguments(const struct koii_launch *launch);

/* channel: the descriptor of the IPC channel in the process. ERR_INVALID for
 * variables that are no object of texts. */
int koii_words_environment(const struct koii_launch *launch, int channel,
                           char ***out);

void koii_words_free(char **words); /* NULL is allowed */

#endif
