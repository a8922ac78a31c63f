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

/* The listeners of a process, in the order in which they come. */
enum koii_port { KOII_PORT_NODE, KOII_PORT_LINES, KOII_PORT_HTTP, KOII_PORTS };

/* Their ports: the node's is given, the others differ from the task's own. */
void koii_words_ports(const struct koii_launch *launch,
                      uint16_t out[KOII_PORTS]);

/* What leads a confined process to its node's proxy: Node by its preload, other
 * programs by the names that they agree on. They come first,
 * so a variable of the task does not take their place. */
char **koii_words_network(const struct koii_launch *launch);

void koii_words_free(char **words); /* NULL is allowed */

#endif
