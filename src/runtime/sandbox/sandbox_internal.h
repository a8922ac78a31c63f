/*
 * Between the sources of this room: one for each kind of wall.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_INTERNAL_H
#define POND_RUNTIME_SANDBOX_SANDBOX_INTERNAL_H

#include "runtime/sandbox/sandbox.h"

/* Landlock: deny all paths but those of the description. */
void sandbox_confine_paths(const struct sandbox *sandbox,
                           struct confinement *report);

/* sandbox_isolate() without a root. */
void sandbox_isolate_names(const struct sandbox *sandbox,
                           struct confinement *report);

/* Where the machine's tree waits between the first and the last step. */
#define SANDBOX_MACHINE "/.machine"

/* sandbox_make_root() but for the end: room below later, and the machine's tree
 * at SANDBOX_MACHINE. */
int sandbox_begin_root(const struct sandbox *sandbox, const char *later,
                       struct confinement *report);

/* Bind the description's paths below later, let go of the machine's tree and
 * close the root. */
int sandbox_end_root(const struct sandbox *sandbox, const char *later);

#endif
